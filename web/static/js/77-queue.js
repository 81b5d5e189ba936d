// The queue. News come as events; parts with data-news ask for themselves then. While a card is open the server is told, so
// that colleagues see it; when it is left, too.
let news = null;
let looking = "";
const lookEvery = 15_000; // ms; the server forgets after 40 s

function listenForNews() {
  const queue = find("[data-queue]");
  if (!queue || !window.EventSource) {
    news?.close();
    news = null;
    return;
  }
  if (news && news.readyState !== EventSource.CLOSED) return;
  news = new EventSource(queue.dataset.queue);
  const tellParts = () => {
    if (openDialog()) return;
    for (const part of findAll("[data-news]")) part.dispatchEvent(new Event("news"));
  };
  news.addEventListener("cases", tellParts);
  let again = false;
  news.addEventListener("open", () => {
    if (again) tellParts(); // what happened between two connections
    again = true;
  });
}

function post(url) {
  return fetch(url, { method: "POST", keepalive: true, credentials: "same-origin" }).catch(() => {});
}

function look() {
  const card = document.hidden ? null : find("[data-look]");
  const url = card?.dataset.look ?? "";
  const left = looking && looking.url !== url ? looking.leave : "";
  looking = card ? { url, leave: card.dataset.leave } : "";
  if (left) post(left);
  if (url) post(url);
}

// showMessage brings the message that is looked at into view, with as much before it as after.
function showMessage() {
  const here = find(".case-view [data-focus]");
  const pane = here?.closest(".case-view");
  if (!pane || pane.dataset.shown || innerWidth < 896) return;
  pane.dataset.shown = "1";
  pane.scrollTop = here.offsetTop - pane.offsetTop - Math.max(0, (pane.clientHeight - here.offsetHeight) / 2);
}

let shownCase = "";

function queueChanged() {
  listenForNews();
  showMessage();
  const url = find("[data-look]")?.dataset.look ?? "";
  if (url !== shownCase) {
    shownCase = url;
    look();
  }
}

document.addEventListener("htmx:after:swap", queueChanged);
document.addEventListener("htmx:after:history:restore", queueChanged);
document.addEventListener("visibilitychange", () => {
  if (find("[data-look]")) look();
});
addEventListener("pagehide", () => {
  if (looking) post(looking.leave);
});
setInterval(() => {
  if (!document.hidden && find("[data-look]")) look();
}, lookEvery);
queueChanged();

// A digit chooses: how long in the bar of verdicts, and a line of a sheet that numbers its lines.
document.addEventListener("keydown", (event) => {
  if (!/^[1-9]$/.test(event.key) || event.ctrlKey || event.altKey || event.metaKey || event.isComposing) return;
  if (event.target.matches?.(fields) || !root.hasAttribute("data-single-keys")) return;
  const dialog = openDialog();
  const line = find(`[data-digit="${event.key}"]`, dialog ?? document);
  if (line) {
    stop(event);
    line.click();
    return;
  }
  const lengths = !dialog && find("[data-lengths]");
  if (lengths && lengths.options[Number(event.key)]) {
    stop(event);
    lengths.selectedIndex = Number(event.key);
    say(lengths.selectedOptions[0].textContent);
  }
});
