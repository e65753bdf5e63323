// An independent verifier for permit tokens and status lists, from the byte format described in
// services/documents/tokens alone: WebCrypto and no library, as a browser has it.
// `node verifier.mjs` reads {keys, cases: [{kind, hex, purpose}]} from standard input, prints the outcomes.

const utf8 = new TextEncoder();
const PURPOSE = { permit: "urn:portal:permit-token:1", status: "urn:portal:permit-status:1", status2: "urn:portal:permit-status:2" };

const fromHex = (hex) => Uint8Array.from(hex.match(/../g) ?? [], (pair) => parseInt(pair, 16));
const toHex = (bytes) => [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");

function head(type, value) {
  const major = type << 5;
  if (value < 24) return [major | value];
  if (value < 256) return [major | 24, value];
  if (value < 65536) return [major | 25, value >> 8, value & 255];
  return [major | 26, value >>> 24, (value >>> 16) & 255, (value >>> 8) & 255, value & 255];
}
const item = (type, bytes) => [...head(type, bytes.length), ...bytes];

class Reader {
  constructor(bytes) {
    this.bytes = bytes;
    this.at = 0;
  }
  take(count) {
    if (this.at + count > this.bytes.length) throw new Error("broken");
    return this.bytes.subarray(this.at, (this.at += count));
  }
  head(type) {
    const [first] = this.take(1);
    if (first >> 5 !== type) throw new Error("broken");
    const info = first & 31;
    if (info < 24) return info;
    if (info > 26) throw new Error("broken");
    return this.take(1 << (info - 24)).reduce((value, byte) => value * 256 + byte, 0);
  }
  string(type) {
    return this.take(this.head(type));
  }
  text() {
    return new TextDecoder("utf-8", { fatal: true }).decode(this.string(3));
  }
  end() {
    if (this.at !== this.bytes.length) throw new Error("broken");
  }
}

function keyIdOf(header) {
  const fixed = [0xa2, 0x01, 0x27, 0x04, 0x44];
  if (header.length !== 9 || fixed.some((byte, at) => header[at] !== byte)) throw new Error("broken");
  return toHex(header.subarray(5));
}

async function open(message, purpose, keys) {
  const reader = new Reader(message);
  if (toHex(reader.take(2)) !== "d284") throw new Error("broken");
  const header = reader.string(2);
  if (reader.head(5) !== 0) throw new Error("broken");
  const payload = reader.string(2);
  const signature = reader.string(2);
  reader.end();
  const jwk = keys.find((key) => key.kid === keyIdOf(header));
  if (!jwk) throw new Error("unknown_key");
  const signed = Uint8Array.from([
    ...head(4, 4),
    ...item(3, utf8.encode("Signature1")),
    ...item(2, header),
    ...item(2, utf8.encode(purpose)),
    ...item(2, payload),
  ]);
  const key = await crypto.subtle.importKey("jwk", { kty: jwk.kty, crv: jwk.crv, x: jwk.x }, "Ed25519", false, ["verify"]);
  if (!(await crypto.subtle.verify("Ed25519", key, signature, signed))) throw new Error("forged");
  return new Reader(payload);
}

function fields(reader, shapes) {
  if (reader.head(5) !== shapes.length) throw new Error("broken");
  const values = shapes.map((shape, at) => {
    if (reader.head(0) !== at + 1) throw new Error("broken");
    return shape === "text" ? reader.text() : shape === "bytes" ? toHex(reader.string(2)) : reader.head(0);
  });
  reader.end();
  return values;
}

const SHAPES = {
  permit: ["text", "text", "text", "uint", "uint"],
  status: ["uint", "uint", "bytes", "bytes"],
  status2: ["uint", "uint", "bytes", "bytes", "bytes"],
};

let input = "";
for await (const chunk of process.stdin) input += chunk;
const { keys, cases } = JSON.parse(input);
const outcomes = [];
for (const { kind, hex } of cases) {
  try {
    outcomes.push({ values: fields(await open(fromHex(hex), PURPOSE[kind], keys), SHAPES[kind]) });
  } catch (error) {
    outcomes.push({ error: error.message });
  }
}
console.log(JSON.stringify(outcomes));
