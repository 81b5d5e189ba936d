// Signs and checks UserSigs with the vendor's own package. Arguments: the package's folder. Input: a JSON list of
// {key, sdkappid, identifier, expire, userbuf, sig}; userbuf is base64 or null, sig is a signature to check.
// Output: a list of {sig, ok}: the package's signature, and whether the one given is what the package would have made.
const zlib = require("zlib");
const { Api } = require(process.argv[2]);

const check = (api, { sdkappid, identifier, sig }) => {
  const packed = sig.replace(/\*/g, "+").replace(/-/g, "/").replace(/_/g, "=");
  const doc = JSON.parse(zlib.inflateSync(Buffer.from(packed, "base64")).toString());
  const mac = api._hmacsha256(doc["TLS.identifier"], doc["TLS.time"], doc["TLS.expire"], doc["TLS.userbuf"] ?? null);
  return doc["TLS.ver"] === "2.0" && doc["TLS.identifier"] === identifier && doc["TLS.sdkappid"] === sdkappid &&
    doc["TLS.sig"] === mac;
};

const chunks = [];
process.stdin.on("data", (c) => chunks.push(c)).on("end", () => {
  const out = JSON.parse(Buffer.concat(chunks).toString()).map((q) => {
    const api = new Api(q.sdkappid, q.key);
    const buf = q.userbuf === null ? null : Buffer.from(q.userbuf, "base64");
    return { sig: api.genSig(q.identifier, q.expire, buf), ok: check(api, q) };
  });
  process.stdout.write(JSON.stringify(out));
});
