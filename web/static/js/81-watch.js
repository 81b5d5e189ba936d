// The live view: [data-watch] is told by the server what is said, as events of one stream (see hx-sse). Lines go into the lists
// named in them. A list follows its end; whoever reads further up, moves to a line or pauses finds it unchanged, and a count of
// what waits. Lines are bounded, whatever comes.

const watchKept = 300; // lines of a list, and of what waits for it
const watchEnd = 48; // px from the end that still count as the end
const watchSilence = 40_000; // ms; the server gives a sign of life each 15 s

const watch = find("[data-watch]");
const watchLists = findAll("[data-watch-lines]").map((list) => ({
  list,
  scroller: list.parentElement,
  button: find("[data-watch-new]", list.closest(".stream")),
  reading: false, // somebody is further up, or at a line
  waiting: [],
  came: 0,
}));
let watchPaused = false;
let watchHeard = Date.now();
let watchSaid = 0;
let watchConnection = null;

const watchHeld = (pane) => watchPaused || pane.reading;
const atEnd = (e) => e.scrollHeight - e.scrollTop - e.clientHeight < watchEnd;
const toEnd = (e) => (e.scrollTop = e.scrollHeight);

// takeLines puts what the server drew where it belongs.
function takeLines(html) {
  const parts = new DOMParser().parseFromString(html, "text/html").body;
  for (const part of [...parts.children]) {
    if (part.dataset.put) document.getElementById(part.dataset.put)?.replaceChildren(...part.childNodes);
    else addLines(watchLists[Number(part.dataset.pane)], [...part.children]);
  }
}

function addLines(pane, lines) {
  if (!pane) return;
  const fresh = [];
  for (const line of lines) {
    const same = `[data-line="${line.dataset.line}"]`;
    const old = line.dataset.line && find(same, pane.list);
    const waits = pane.waiting.findIndex((l) => l.matches(same));
    if (old) replaceLine(old, line);
    else if (waits >= 0) pane.waiting[waits] = line;
    else if (!("update" in line.dataset)) fresh.push(line);
  }
  if (!fresh.length) return;
  watchSaid += fresh.length;
  if (watchHeld(pane)) {
    pane.came += fresh.length;
    pane.waiting = [...pane.waiting, ...fresh].slice(-watchKept);
    countWaiting(pane);
  } else {
    appendLines(pane, fresh);
  }
}

function replaceLine(old, line) {
  delete line.dataset.update;
  const focused = old.contains(document.activeElement);
  if (old.getAttribute("aria-current")) line.setAttribute("aria-current", "true");
  line.tabIndex = old.tabIndex;
  old.replaceWith(line);
  if (focused) line.focus({ preventScroll: true });
  if (!line.getAttribute("aria-current")) return;
  railURL = ""; // what can be done about it has changed
  loadRail(line.dataset.rail);
}

function appendLines(pane, lines) {
  const { list, scroller } = pane;
  const current = currentRow(list);
  list.append(...lines);
  while (list.childElementCount > watchKept) list.firstElementChild.remove();
  if (current && !current.isConnected) lastRow.id = "";
  prepareLists();
  toEnd(scroller);
}

function countWaiting(pane) {
  pane.button.hidden = pane.came === 0;
  const words = text("watch.new", { n: pane.came.toLocaleString("en") });
  const label = find("[data-watch-count]", pane.button);
  if (label.textContent !== words) label.textContent = words;
}

// reads notes whether somebody reads a list, which then stays as it is.
function reads(pane, on) {
  if (pane.reading === on) return;
  pane.reading = on;
  showWatchState();
}

// release shows what waits.
function release(pane) {
  reads(pane, false);
  const left = pane.came - pane.waiting.length;
  const lines = pane.waiting;
  pane.waiting = [];
  pane.came = 0;
  countWaiting(pane);
  if (left > 0) lines.unshift(make("li", { class: "gap" }, make("span", {}, text("watch.skipped", { n: left.toLocaleString("en") }))));
  appendLines(pane, lines);
}

function pauseWatch(on) {
  watchPaused = on;
  const button = find("[data-watch-pause]");
  button.setAttribute("aria-pressed", String(on));
  for (const node of [...button.childNodes]) if (node.nodeType === Node.TEXT_NODE && node.textContent.trim()) node.textContent = on ? text("watch.resume") : text("watch.pause");
  find("use", button)?.setAttribute("href", find("use", button).getAttribute("href").replace(/#.*/, on ? "#play" : "#pause"));
  if (!on) watchLists.forEach(release);
  showWatchState();
}

function newest() {
  find("[data-watch-lines] [aria-current]")?.removeAttribute("aria-current");
  if (document.activeElement?.closest("[data-watch-lines]")) find("[data-watch] [role=log]").focus({ preventScroll: true });
  if (watchPaused) pauseWatch(false);
  else watchLists.forEach(release);
}

const watchWords = { connected: () => text("watch.connected"), lost: () => text("watch.lost"), full: () => text("watch.full") };

function showWatchState() {
  const state = find("[data-watch-state]");
  if (!state) return;
  const said = find("[data-watch-said]", state);
  const paused = watchState === "connected" && watchLists.some(watchHeld);
  const words = paused ? text("watch.paused") : watchWords[watchState]();
  if (said.textContent !== words) said.textContent = words;
  state.dataset.watchState = watchState;
  find(".dot", state).dataset.tone = paused ? "warn" : watchState === "connected" ? "ok" : "bad";
}
let watchState = "lost";

function setWatchState(state) {
  watchState = state;
  showWatchState();
}

if (watch) {
  listen("click", "[data-watch-pause]", () => pauseWatch(!watchPaused));
  listen("click", "[data-watch-newest]", newest);
  listen("click", "[data-watch-new]", (_, button) => {
    if (watchPaused) pauseWatch(false);
    release(watchLists.find((p) => p.button === button));
  });
  for (const pane of watchLists) {
    toEnd(pane.scroller);
    pane.scroller.addEventListener(
      "scroll",
      () => {
        const end = atEnd(pane.scroller);
        if (!end) reads(pane, true);
        else if (pane.reading && !pane.list.contains(document.activeElement)) release(pane);
      },
      { passive: true },
    );
    // At a line one reads: what comes waits.
    pane.list.addEventListener("focusin", () => reads(pane, true));
    new ResizeObserver(() => {
      if (watchHeld(pane)) currentRow(pane.list)?.scrollIntoView({ block: "nearest" });
      else toEnd(pane.scroller);
    }).observe(pane.scroller);
  }
  watch.addEventListener("lines", (event) => takeLines(event.detail.data));
  watch.addEventListener("rates", (event) => takeLines(event.detail.data));
  watch.addEventListener("gap", (event) => takeLines(event.detail.data));
  watch.addEventListener("bye", () => location.reload());
  setInterval(() => {
    if (find("[data-watch-say]")?.checked && watchSaid > 0) say(text("watch.said", { n: watchSaid }));
    watchSaid = 0;
  }, 30_000);
}

// Streams of any page.
const streaming = find("[data-watch], [data-follow]");
if (streaming) {
  const heard = () => (watchHeard = Date.now());
  for (const name of ["htmx:sse:after:connection", "htmx:sse:after:message"]) {
    streaming.addEventListener(name, (event) => {
      heard();
      watchConnection = event.detail.connection;
      setWatchState("connected");
    });
  }
  streaming.addEventListener("htmx:sse:error", (event) => {
    const { status, connection } = event.detail;
    watchConnection = connection ?? watchConnection;
    if (status === 401 || status === 403) location.reload();
    setWatchState(status === 429 ? "full" : "lost");
  });
  streaming.addEventListener("htmx:sse:close", () => setWatchState("lost"));
  addEventListener("online", () => watchConnection?.delayCanceller?.());
  addEventListener("offline", () => setWatchState("lost"));
  // After a sleep of the machine a connection may look alive and be none.
  setInterval(() => {
    if (document.hidden || Date.now() - watchHeard < watchSilence) return;
    heard();
    watchConnection?.reader?.cancel();
  }, 2000);
}

// A group's page: what was said is fetched if one is at the end, else a count of it waits above the transcript's end. Lists of
// people are read anew when something has changed, but not under somebody's hands.
const following = find("[data-follow]");
if (following) {
  const bar = find("[data-new-messages]");
  const column = bar?.closest(".col");
  const pane = column && find(".pane", column);
  const newer = () => findAll(".transcript > [data-more] a:not([data-before])", column).at(-1);
  let said = 0;
  let follows = false; // the end, while newer messages are on their way

  const fetchNewer = () => {
    said = 0;
    bar.hidden = true;
    follows = true;
    newer()?.click();
  };
  following.addEventListener("said", (event) => {
    if (!bar || !column) return;
    said += Number(event.detail.data);
    if ("upToDate" in column.dataset && newer() && atEnd(pane) && !document.hidden && !openDialog()) return fetchNewer();
    const words = text("watch.new", { n: said.toLocaleString("en") });
    find("[data-watch-count]", bar).textContent = words;
    if (bar.hidden) say(words);
    bar.hidden = false;
  });
  bar?.addEventListener("click", (event) => {
    if (!("upToDate" in column.dataset) || !newer()) return;
    event.preventDefault();
    fetchNewer();
  });
  document.addEventListener("htmx:after:swap", (event) => {
    if (!follows || !event.detail.ctx.sourceElement?.closest) return;
    follows = false;
    toEnd(pane);
  });

  let changed = false;
  following.addEventListener("changed", () => (changed = true));
  following.addEventListener("bye", () => location.reload());
  setInterval(() => {
    const part = find("[data-refresh]");
    if (!changed || !part || document.hidden || openDialog() || find(".menu:popover-open")) return;
    if (find("[data-tick]:checked", part) || document.activeElement?.matches(fields)) return;
    changed = false;
    part.dispatchEvent(new Event("poll"));
  }, 250);
}

// From here on nothing that the stream says is lost: its element asks for it now, and not when htmx finds it, which may be before
// this script has come.
streaming?.dispatchEvent(new Event("listening"));

// What is read because of a change is asked of the service, and not of what the console remembers for seconds.
document.addEventListener("htmx:config:request", (event) => {
  const { ctx } = event.detail;
  if (find("[data-follow]") && (ctx.sourceElement.matches("[data-refresh]") || ctx.sourceElement.closest("[data-up-to-date] [data-more]"))) {
    ctx.request.headers["Imdesk-Fresh"] = "1";
  }
});
