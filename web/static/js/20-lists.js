// Lists: [data-list] holds rows, [data-row], each with a box [data-tick] if it can be selected. The list
// is one tab stop; inside, j and k move. An action bar shows by CSS as soon as a box is ticked.

const rowsOf = (list) => findAll("[data-row]", list).filter(isShown);
const tickOf = (row) => find("[data-tick]:not(:disabled)", row);
const ticksOf = (list) => findAll("[data-tick]:not(:disabled)", list);

// where one is: the last row that had the focus, and its place, for when it is gone.
let lastRow = { list: null, id: "", index: 0 };

// currentList is the list one is in, else the first that is shown.
function currentList() {
  return document.activeElement?.closest("[data-list]") ?? findAll("[data-list]").find(isShown);
}

const currentRow = (list) => document.activeElement?.closest("[data-row]") ?? find('[data-row][aria-current="true"]', list);

function setCurrent(row) {
  const list = row.closest("[data-list]");
  if (!list) return;
  for (const other of findAll('[data-row][aria-current], [data-row][tabindex="0"]', list)) {
    if (other === row) continue;
    other.removeAttribute("aria-current");
    other.tabIndex = -1;
  }
  row.tabIndex = 0;
  row.setAttribute("aria-current", "true");
  lastRow = { list: list.id, id: row.dataset.row, index: rowsOf(list).indexOf(row) };
}

document.addEventListener("focusin", (event) => {
  const row = event.target.closest?.("[data-row]");
  if (row) setCurrent(row);
});

// prepareLists gives each list its tab stop and its count.
function prepareLists() {
  for (const list of findAll("[data-list]")) {
    const rows = findAll("[data-row]", list);
    if (rows.length && !rows.some((row) => row.tabIndex === 0)) rows[0].tabIndex = 0;
    countTicks(list);
  }
}

// moveInList goes to the next or previous row. Arrows do so only inside a list, where they do not scroll.
function moveInList(step, extend, event) {
  const list = event ? event.target.closest?.("[data-list]") : currentList();
  if (!list || event?.target.closest("[role=toolbar]")) return false;
  const rows = rowsOf(list);
  const at = rows.indexOf(currentRow(list));
  const next = at < 0 ? rows[step > 0 ? 0 : rows.length - 1] : rows[at + step];
  if (!next) return at >= 0;
  if (extend) extendTo(list, rows, Math.max(at, 0), rows.indexOf(next));
  else anchors.delete(list);
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
  return true;
}

// anchors are the rows at which selections are extended from.
const anchors = new WeakMap();

function extendTo(list, rows, from, to) {
  const anchor = rows.indexOf(anchors.get(list));
  const start = anchor < 0 ? from : anchor;
  anchors.set(list, rows[start]);
  const inside = (i) => i >= Math.min(start, to) && i <= Math.max(start, to);
  setTicks(
    list,
    [from, to, start].map((i) => [tickOf(rows[i]), inside(i)]),
  );
}

function setTicks(list, pairs) {
  for (const [tick, on] of pairs) if (tick) tick.checked = on;
  countTicks(list);
}

function selectAll(list) {
  const ticks = list ? ticksOf(list) : [];
  setTicks(
    list,
    ticks.map((tick) => [tick, true]),
  );
  return ticks.length > 0;
}

function clearSelection() {
  const list = findAll("[data-list]").find((l) => find("[data-tick]:checked", l));
  if (!list) return false;
  setTicks(
    list,
    ticksOf(list).map((tick) => [tick, false]),
  );
  restoreFocus();
  return true;
}

// countTicks says in the bar how many are selected, and shows it in the box that ticks all.
function countTicks(list) {
  if (!list) return;
  const ticks = ticksOf(list);
  const n = ticks.filter((tick) => tick.checked).length;
  const all = find("[data-select-all]", list);
  if (all) {
    all.checked = n > 0 && n === ticks.length;
    all.indeterminate = n > 0 && n < ticks.length;
  }
  const count = find("[data-count]", list);
  if (!count) return;
  const words = n === 0 ? "" : n === 1 ? count.dataset.one : count.dataset.other.replace("{n}", n.toLocaleString("en"));
  if (count.textContent !== words) count.textContent = words;
}

listen("change", "[data-tick]", (_, tick) => countTicks(tick.closest("[data-list]")));

listen("change", "[data-select-all]", (_, all) => {
  const list = all.closest("[data-list]");
  setTicks(
    list,
    ticksOf(list).map((tick) => [tick, all.checked]),
  );
});

// Shift with a click selects everything from the box clicked before.
let lastTick = null;
listen("click", "[data-tick]", (event, tick) => {
  const list = tick.closest("[data-list]");
  const ticks = ticksOf(list);
  const [from, to] = [ticks.indexOf(lastTick), ticks.indexOf(tick)];
  if (event.shiftKey && from >= 0) {
    setTicks(
      list,
      ticks.slice(Math.min(from, to), Math.max(from, to) + 1).map((t) => [t, tick.checked]),
    );
  }
  lastTick = tick;
});

// Clear is a reset button, so it works without this; the count follows once the boxes have changed.
document.addEventListener("reset", (event) => {
  const list = event.target.closest("[data-list]");
  if (!list) return;
  setTimeout(() => {
    countTicks(list);
    restoreFocus();
  });
});

function pressInList(key) {
  const list = currentList();
  if (!list) return false;
  const row = currentRow(list);
  switch (key) {
    case "j":
      return moveInList(1);
    case "k":
      return moveInList(-1);
    case "x": {
      const tick = row && tickOf(row);
      if (tick) setTicks(list, [[tick, !tick.checked]]);
      return Boolean(tick);
    }
    case "o":
      return Boolean(row) && openRow(row);
    case "i":
      return toggleRail();
    case "y":
      return copyIDs(list, row);
    case "f":
      return nextFlag(list, row);
  }
  return false;
}

// openRow leaves the list. The entry of the history that is left knows the row, so that coming back is to it.
function openRow(row) {
  if (!row.dataset.href) return false;
  history.replaceState({ ...history.state, row: row.dataset.row }, "");
  location.assign(row.dataset.href);
  return true;
}

function copyIDs(list, row) {
  const selected = rowsOf(list).filter((r) => tickOf(r)?.checked);
  const ids = (selected.length ? selected : row ? [row] : []).map((r) => r.dataset.row);
  if (ids.length) copy(ids.join("\n"), ids.length === 1 ? text("copied", { text: ids[0] }) : text("copied_ids", { n: ids.length }));
  return ids.length > 0;
}

function nextFlag(list, row) {
  const rows = rowsOf(list);
  const flagged = rows.slice(rows.indexOf(row) + 1).find((r) => r.hasAttribute("data-flag"));
  flagged?.focus();
  flagged?.scrollIntoView({ block: "center" });
  return Boolean(flagged);
}

// toggleRail hides the pane at the side, or shows it over the page where there is no room for it.
function toggleRail() {
  const rail = find(".rail");
  if (!rail) return false;
  if (rail.hasAttribute("data-open") || rail.hasAttribute("data-shut")) {
    rail.removeAttribute("data-open");
    rail.removeAttribute("data-shut");
  } else {
    rail.setAttribute(isShown(rail) ? "data-shut" : "data-open", "");
  }
  return true;
}
listen("click", "[data-toggle-rail]", () => toggleRail());

// restoreFocus puts a lost focus back: to the row one was at, else the one that took its place, else the
// one before, else the heading.
function restoreFocus() {
  const active = document.activeElement;
  if ((active && active !== document.body && active.isConnected && isShown(active)) || openDialog()) return;
  const list = (lastRow.list && document.getElementById(lastRow.list)) || find("[data-list]");
  if (!list || !lastRow.id) return;
  const rows = rowsOf(list);
  const target =
    rows.find((row) => row.dataset.row === lastRow.id) ??
    rows[Math.min(lastRow.index, rows.length - 1)] ??
    find('h1[tabindex="-1"], [tabindex="-1"]', find("main"));
  target?.focus({ preventScroll: true });
}

// On a phone the boxes are hidden until something is selected: a long press on a row, or a tap on its
// picture, selects; from then on a tap anywhere on a row does.
const narrow = matchMedia("(width < 56rem)");
const interactive = "a, button, input, label, summary, textarea, select";
let press = 0;

listen("pointerdown", "[data-row]", (event, row) => {
  if (event.pointerType !== "touch" || event.target.closest(interactive)) return;
  press = setTimeout(() => {
    press = 0;
    flipTick(row);
    suppressClick = true;
  }, 500);
});
let suppressClick = false;
for (const type of ["pointerup", "pointercancel", "pointermove", "scroll"]) {
  document.addEventListener(type, () => clearTimeout(press), { capture: true, passive: true });
}
listen("contextmenu", "[data-row]", (event) => {
  if (event.pointerType === "touch" && !event.target.closest("a, img")) event.preventDefault();
});

listen("click", "[data-row]", (event, row) => {
  if (suppressClick) {
    suppressClick = false;
    return;
  }
  if (event.target.closest(interactive)) return;
  const selecting = find("[data-tick]:checked", row.closest("[data-list]") ?? row);
  if (narrow.matches && (selecting || event.target.closest(".avatar"))) flipTick(row);
  else if (!getSelection().toString()) row.focus({ preventScroll: true });
});

function flipTick(row) {
  const tick = tickOf(row);
  if (tick) setTicks(row.closest("[data-list]"), [[tick, !tick.checked]]);
}

prepareLists();
document.addEventListener("htmx:after:swap", () => {
  prepareLists();
  restoreFocus();
});

// Coming back goes to the row that was open when the page was left.
addEventListener("pageshow", () => {
  const id = history.state?.row;
  const row = id && find(`[data-row="${CSS.escape(id)}"]`);
  row?.focus({ preventScroll: true });
  row?.scrollIntoView({ block: "nearest" });
});
