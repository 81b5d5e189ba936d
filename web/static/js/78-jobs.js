// A part with data-poll asks for itself again after so many milliseconds, as long as the tab is seen and the part stands.
// What it was asked for last has to be answered first; a request that never came back is forgotten after ten seconds.
const pollGivesUp = 10_000;

setInterval(() => {
  if (document.hidden || openDialog()) return;
  for (const part of findAll("[data-poll]")) {
    const asked = Number(part.dataset.polled ?? 0);
    if (Date.now() - asked < (part.dataset.pollBusy ? pollGivesUp : Number(part.dataset.poll))) continue;
    part.dataset.polled = Date.now();
    part.dataset.pollBusy = "1";
    part.dispatchEvent(new Event("poll"));
  }
}, 250);

document.addEventListener("htmx:after:request", (event) => {
  const part = event.target instanceof Element && event.target.closest("[data-poll]");
  if (part) delete part.dataset.pollBusy;
});

// Another kind of job has other fields.
listen("change", "[data-choose]", (event, select) => {
  const choose = find('[name="choose"]', select.form);
  if (choose) select.form.requestSubmit(choose);
});
