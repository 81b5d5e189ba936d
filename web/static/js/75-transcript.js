// Transcripts: the pane at the side follows the message one is at, and a jump shows where it went.

// A row with data-rail names the address of what stands in #rail while one is at it. Until that has come, the buttons there are
// about another row: they cannot be pressed, and a key waits for the right ones.
let railURL = "";
let railTimer = 0;
let railKey = "";
let railAsked = null; // the event of the request whose answer is to be shown; an older one comes to nothing

function loadRail(url) {
  const rail = find("#rail");
  if (!rail || !isShown(rail) || url === railURL) return;
  railURL = url;
  railAsked = new Event("rail"); // not a person's: what stands in #notice stays (see toasts)
  htmx.ajax("GET", url, { source: rail, target: "#rail", swap: "innerHTML", event: railAsked });
}

listen("focusin", "[data-rail]", (_, row) => {
  clearTimeout(railTimer);
  railKey = "";
  const rail = find("#rail");
  if (!rail || row.dataset.rail === railURL) return;
  rail.inert = true;
  railAsked = null;
  railURL = "";
  railTimer = setTimeout(loadRail, 180, row.dataset.rail); // not for each row one passes
});

// waitForRail keeps a key for the buttons that are on their way.
function waitForRail(key) {
  const row = find('[data-rail][aria-current="true"]');
  const rail = find("#rail[inert]");
  if (!row || !rail || !isShown(rail)) return false;
  railKey = key;
  clearTimeout(railTimer);
  loadRail(row.dataset.rail);
  return true;
}

// Opening the pane loads what it missed while it was shut.
document.addEventListener("click", () => setTimeout(railOfCurrent));
document.addEventListener("keyup", () => railOfCurrent());
function railOfCurrent() {
  const row = find('[data-rail][aria-current="true"]');
  if (row && find("#rail[data-open]")) loadRail(row.dataset.rail);
}

// What was swapped in elsewhere may say something new of the sender.
document.addEventListener("htmx:after:swap", (event) => {
  const source = event.detail.ctx.sourceElement;
  if (source?.id !== "rail") {
    railURL = "";
    return;
  }
  source.inert = false;
  const button = railKey && shortcut(railKey, source);
  railKey = "";
  if (button) button.click();
});
document.addEventListener("htmx:before:swap", (event) => {
  const { ctx } = event.detail;
  if (ctx.sourceElement?.id === "rail" && ctx.sourceEvent !== railAsked) event.preventDefault();
});
document.addEventListener("htmx:error", (event) => {
  if (event.detail.ctx?.sourceElement?.id === "rail") railURL = railKey = "";
});

// Where the address asks for one message, the pane begins at it. A fragment would do the same on the page itself.
const here = find("[data-here]");
if (here) here.scrollIntoView({ block: "center" });

listen("click", "[data-copy-ids]", (_, button) => {
  const list = button.closest("[data-list]");
  if (list) copyIDs(list, currentRow(list));
});
