// Transcripts: the pane at the side follows the message one is at, and a jump shows where it went.

// A row with data-rail names the address of what stands in #rail while one is at it.
let railURL = "";
let railTimer = 0;

function loadRail(url) {
  const rail = find("#rail");
  if (!rail || !isShown(rail) || url === railURL) return;
  railURL = url;
  // The event is not a person's: what stands in #notice stays (see toasts).
  htmx.ajax("GET", url, { source: rail, target: "#rail", swap: "innerHTML", event: new Event("rail") });
}

listen("focusin", "[data-rail]", (_, row) => {
  clearTimeout(railTimer);
  railTimer = setTimeout(loadRail, 180, row.dataset.rail); // not for each row one passes
});

// Opening the pane loads what it missed while it was shut.
document.addEventListener("click", () => setTimeout(railOfCurrent));
document.addEventListener("keyup", () => railOfCurrent());
function railOfCurrent() {
  const row = find('[data-rail][aria-current="true"]');
  if (row && find("#rail[data-open]")) loadRail(row.dataset.rail);
}

// What was swapped in elsewhere may say something new of the sender.
document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.sourceElement?.id !== "rail") railURL = "";
});

// Where the address asks for one message, the pane begins at it. A fragment would do the same on the page itself.
const here = find("[data-here]");
if (here) here.scrollIntoView({ block: "center" });

listen("click", "[data-copy-ids]", (_, button) => {
  const list = button.closest("[data-list]");
  if (list) copyIDs(list, currentRow(list));
});
