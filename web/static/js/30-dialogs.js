// Dialogs. They are native: Esc closes them and the focus goes back to what opened them. The sheet,
// #sheet, shows what a link or button with hx-target="#sheet" has loaded.

function showDialog(dialog) {
  find("#sidebar:popover-open")?.hidePopover();
  if (!dialog.open) dialog.showModal();
}

// Browsers without invoker commands.
listen("click", '[command="show-modal"][commandfor]', (_, button) => {
  if (!("commandForElement" in HTMLButtonElement.prototype)) showDialog(document.getElementById(button.getAttribute("commandfor")));
});

// On a page of its own, a sheet's Cancel is a link back and is left alone.
listen("click", "[data-close]", (event, button) => {
  const dialog = button.closest("dialog");
  if (!dialog) return;
  event.preventDefault();
  dialog.close();
});

// A click on the backdrop closes. It must have begun there: marking text may end outside.
let pressedBackdrop = false;
document.addEventListener("pointerdown", (event) => (pressedBackdrop = event.target instanceof HTMLDialogElement));
document.addEventListener("click", (event) => {
  if (pressedBackdrop && event.target instanceof HTMLDialogElement) event.target.close();
});

// What was typed into a sheet that is closed stands in it again when it is opened next.
const drafts = new Map();
const typed = 'textarea, input[type="text"], input[type="datetime-local"]';

function keepDraft(form) {
  const values = findAll(typed, form)
    .filter((f) => f.name && f.value !== f.defaultValue)
    .map((f) => [f.name, f.value]);
  if (values.length) drafts.set(form.id, values);
  else drafts.delete(form.id);
}

function fillDraft(form) {
  for (const [name, value] of drafts.get(form.id) ?? []) {
    const field = form.elements.namedItem(name);
    if (!(field instanceof HTMLElement) || !field.matches(typed) || field.value !== "") continue;
    field.value = value;
    field.dispatchEvent(new Event("input", { bubbles: true })); // a preview follows it
  }
}

document.addEventListener(
  "close",
  (event) => {
    const dialog = event.target;
    if (!(dialog instanceof HTMLDialogElement)) return;
    if (dialog.id === "sheet") {
      findAll("form[id]", dialog).forEach(keepDraft);
      dialog.replaceChildren();
    }
    setTimeout(restoreFocus);
  },
  true, // close does not bubble
);

document.addEventListener("htmx:after:swap", () => {
  const sheet = find("#sheet");
  const form = sheet && find("form", sheet);
  if (!form || sheet.open) return;
  const title = find("h2[id]", form);
  if (title) sheet.setAttribute("aria-label", title.textContent);
  fillDraft(form);
  showDialog(sheet);
});

// The answer to a form in a dialog: done, and it closes; refused, and the first wrong field has the focus.
document.addEventListener("htmx:finally:request", (event) => {
  const { ctx } = event.detail;
  const dialog = ctx.sourceElement.closest?.("dialog");
  if (!dialog || ctx.request.method === "GET" || !ctx.response) return;
  if (ctx.response.status < 300) {
    findAll("form[id]", dialog).forEach((form) => {
      form.reset();
      drafts.delete(form.id);
    });
    dialog.close();
  }
});

document.addEventListener("htmx:after:swap", (event) => {
  if (event.detail.ctx.response?.status !== 422) return;
  const form = event.detail.ctx.sourceElement;
  find('[aria-invalid="true"], [data-notice] .notice', form.isConnected ? form : document)?.focus();
});
