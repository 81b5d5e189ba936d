// Keys. A key is written on the button or link it presses, in aria-keyshortcuts; only what has no
// button is listed here. Single keys act only if html has data-single-keys, never in a field, with
// Ctrl, Alt or Meta, while an input method is composing, or behind a dialog or an open menu.

const fields = 'input:not([type="checkbox"], [type="radio"], [type="button"], [type="submit"]), textarea, select, [contenteditable]';

// keyOf names a key as aria-keyshortcuts does. Where the layout has no Latin letters, the place counts.
function keyOf(event) {
  let key = event.key;
  if (/^[^\x00-\x7f]$/.test(key) && /^Key[A-Z]$/.test(event.code)) key = event.code.slice(3);
  if (/^[a-z]$/i.test(key)) return event.shiftKey ? `Shift+${key.toUpperCase()}` : key.toLowerCase();
  if (event.shiftKey && /^Arrow|^Enter$/.test(key)) return `Shift+${key}`;
  return key === " " ? "Space" : key;
}

// waitsForPlace is true for a moment after g.
let waitsForPlace = 0;

document.addEventListener("keydown", (event) => {
  if (event.isComposing || event.keyCode === 229 || event.defaultPrevented) return;
  const dialog = openDialog();
  if ((event.ctrlKey || event.metaKey) && !event.altKey) {
    if (pressControl(event, dialog)) event.preventDefault();
    return;
  }
  if (event.altKey || dialog || find(".menu:popover-open")) return;
  if (event.target.matches?.(fields) && isShown(event.target)) {
    if (event.key === "Escape") event.target.blur();
    return;
  }
  const key = keyOf(event);
  if (key === "Space" && event.target.matches?.("button, a, summary, input, select")) return; // it presses that
  if (key.length > 1 && !key.startsWith("Shift+") && key !== "Space") {
    if (pressNamed(event, key)) event.preventDefault();
    return;
  }
  if (/^Shift\+Arrow/.test(key)) {
    if (moveInList(key.endsWith("Down") ? 1 : -1, true, event)) event.preventDefault();
    return;
  }
  if (root.hasAttribute("data-single-keys") && pressSingle(key)) event.preventDefault();
});

function pressControl(event, dialog) {
  switch (event.key.toLowerCase()) {
    case "k":
      if (!find("#palette") || event.shiftKey) return false;
      openPalette();
      return true;
    case "enter":
      return submitNear(event.target, dialog);
    case "a":
      if (dialog || event.shiftKey || event.target.matches?.(fields)) return false;
      return selectAll(currentList());
  }
  const key = `Control+${event.key.toUpperCase()}`;
  const button = shortcut(key, dialog ?? document);
  button?.click();
  return Boolean(button);
}

// submitNear sends the form one is in, else the one of the dialog, or the one that the page is about.
function submitNear(target, dialog) {
  const form = target.closest?.("form") ?? target.form ?? (dialog ? find("form", dialog) : find("form[data-main]"));
  if (!form || form.method === "dialog") return false;
  const button = findAll('[type="submit"]', form).find((b) => b.getAttribute("aria-keyshortcuts") === "Control+Enter");
  if (button) button.click();
  else form.requestSubmit();
  return true;
}

function pressNamed(event, key) {
  switch (key) {
    case "Escape":
      return clearSelection();
    case "ArrowDown":
      return moveInList(1, false, event);
    case "ArrowUp":
      return moveInList(-1, false, event);
    case "Enter":
      return event.target.matches?.("[data-row]") && openRow(event.target);
  }
  return false;
}

function pressSingle(key) {
  if (Date.now() < waitsForPlace) {
    waitsForPlace = 0;
    const place = find(`[data-go="${CSS.escape(key)}"]`);
    place?.click();
    return Boolean(place);
  }
  switch (key) {
    case "g":
      if (!find("[data-go]")) return false;
      waitsForPlace = Date.now() + 1500;
      return true;
    case "/":
      return focusSearch();
    case "?":
      return openKeys();
    case "z":
      return undoNewest() || pressButton("z");
    case "b":
      if (!find("[data-switch-app]")) break;
      find("[data-switch-app]").click();
      return true;
  }
  return pressInList(key) || pressButton(key);
}

function focusSearch() {
  const field = findAll("[data-search]").find(isShown);
  field?.focus();
  field?.select();
  return Boolean(field);
}

const enabled = (element) => !element.disabled && element.getAttribute("aria-disabled") !== "true";

// shortcut is the button or link of a key.
function shortcut(key, within = document) {
  return findAll(`[aria-keyshortcuts="${CSS.escape(key)}"]`, within).find((b) => enabled(b) && !b.matches(fields) && isShown(b) && !b.closest("[inert]"));
}

// pressButton presses the button of a key. The buttons of an action bar work on the row one is at when
// nothing is selected: that row is then what is selected.
function pressButton(key) {
  const button = shortcut(key);
  if (button) {
    button.click();
    return true;
  }
  const list = currentList();
  const row = list && currentRow(list);
  const act = list && findAll(`[data-act][aria-keyshortcuts="${CSS.escape(key)}"]`, list).find(enabled);
  const tick = row && tickOf(row);
  if (!act || !tick) return waitForRail(key) || tellWhy(key);
  setTicks(list, [[tick, true]]);
  act.click();
  return true;
}

// tellWhy says why what a key does is not offered: a click on the button does.
function tellWhy(key) {
  const button = find(`main [aria-keyshortcuts="${CSS.escape(key)}"][data-why]`);
  button?.click();
  return Boolean(button);
}

// openKeys shows all keys: those of the page as its buttons name them, lists' if there is one, and the
// places of the sidebar.
function openKeys() {
  const dialog = find("#keys");
  if (!dialog) return false;
  const seen = new Set(findAll("dt kbd", dialog).map((k) => k.textContent));
  const page = findAll("main [aria-keyshortcuts]").filter((b) => {
    const key = b.getAttribute("aria-keyshortcuts");
    const own = enabled(b) && !b.matches(fields) && !seen.has(key) && key !== "Escape";
    if (own) seen.add(key);
    return own;
  });
  fillKeys(
    find("[data-keys-page]", dialog),
    page.map((b) => [keycaps(b.getAttribute("aria-keyshortcuts")), nameOf(b)]),
  );
  find("[data-keys-list]", dialog).hidden = !find("[data-list]");
  const everywhere = find("[data-keys-go]", dialog);
  findAll("[data-to]", everywhere).forEach((row) => row.remove());
  for (const place of findAll("[data-go]")) {
    const row = keyRow([keycaps("g"), keycaps(place.dataset.go)].flat(), nameOf(place));
    row.dataset.to = "";
    everywhere.append(row);
  }
  const other = find("[data-switch-app]");
  if (other) {
    const row = keyRow(keycaps("b"), other.dataset.switchApp);
    row.dataset.to = "";
    everywhere.append(row);
  }
  showDialog(dialog);
  return true;
}

function fillKeys(section, rows) {
  section.hidden = rows.length === 0;
  find("dl", section).replaceChildren(...rows.map(([caps, name]) => keyRow(caps, name)));
}

const keyRow = (caps, name) =>
  make("div", {}, make("dt", {}, make("span", { class: "keys" }, ...caps.map((c) => make("kbd", {}, c)))), make("dd", {}, name));

// nameOf is what a button is called, without what stands on its keycaps and counters.
function nameOf(element) {
  const label = element.getAttribute("aria-label");
  if (label) return label;
  const copy = element.cloneNode(true);
  findAll("kbd, svg, .count", copy).forEach((part) => part.remove());
  return copy.textContent.trim();
}

const capNames = { Control: "Ctrl", Shift: "⇧", Enter: "↵", Escape: "Esc", ArrowUp: "↑", ArrowDown: "↓", ArrowLeft: "←", ArrowRight: "→" };

// keycaps is what is printed on the keys of a shortcut, as the server does it.
function keycaps(key) {
  return key
    .replace(/\w{2,}/g, (name) => capNames[name] ?? name)
    .replace("⇧+", "⇧")
    .split(/[+ ]/);
}

listen("click", "[data-open-keys]", () => openKeys());
