// Passkeys: the browser's answer goes into the form, which is then sent like any other. Without support the button stays away.

const canPasskeys = isSecureContext && Boolean(window.PublicKeyCredential?.parseRequestOptionsFromJSON);

function offerPasskeys(within = document) {
  if (!canPasskeys) return;
  findAll("[data-passkey], [data-passkey-or]", within).forEach((element) => (element.hidden = false));
}
offerPasskeys();
document.addEventListener("htmx:after:swap", () => offerPasskeys());

async function askPasskey(button) {
  const { publicKey } = JSON.parse(button.dataset.passkey);
  if ("passkeyCreate" in button.dataset) {
    return navigator.credentials.create({ publicKey: PublicKeyCredential.parseCreationOptionsFromJSON(publicKey) });
  }
  return navigator.credentials.get({ publicKey: PublicKeyCredential.parseRequestOptionsFromJSON(publicKey) });
}

listen("click", "[data-passkey]", async (event, button) => {
  const { form } = button;
  const failed = find("[data-passkey-failed]", form);
  failed.hidden = true;
  button.disabled = true;
  try {
    const credential = await askPasskey(button);
    form.elements[button.dataset.passkeyAnswer].value = JSON.stringify(credential.toJSON());
    form.requestSubmit();
  } catch {
    failed.hidden = false;
  } finally {
    button.disabled = false;
  }
});
