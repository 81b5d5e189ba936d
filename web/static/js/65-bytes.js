// Counters of bytes. The services' limits are bytes of UTF-8, not characters: [data-bytes] is the limit, and the field's
// hint says how many there are, in the words of data-bytes-text.

const utf8 = new TextEncoder();

listen("input", "[data-bytes]", (_, field) => {
  const hint = document.getElementById(`${field.id}-hint`);
  if (!hint) return;
  const n = utf8.encode(field.value).length;
  const limit = Number(field.dataset.bytes);
  const values = { n: n.toLocaleString("en"), limit: limit.toLocaleString("en") };
  hint.textContent = field.dataset.bytesText.replace(/\{([a-z]+)\}/g, (_, name) => values[name]);
  hint.toggleAttribute("data-over", n > limit);
});
