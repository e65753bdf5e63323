// Verifies permit tokens and the status list: COSE_Sign1 with Ed25519 in deterministic CBOR, as specified in
// services/documents/tokens, and as strictly. No library, no network.
const PERMIT = { purpose: "urn:portal:permit-token:1", shape: ["text", "text", "text", "uint", "uint"] };
const STATUS = { purpose: "urn:portal:permit-status:2", shape: ["uint", "uint", "bytes", "bytes", "bytes"] };
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const ENTRY = 8;
const CLOCK_SKEW = 300;
const DAY = 86400;
const TOWN_TIME = "Europe/Berlin";
const TYPE = { uint: 0, bytes: 2, text: 3, array: 4, map: 5 };
const HEADERS = [0xa2, 0x01, 0x27, 0x04, 0x44];
const utf8 = new TextEncoder();
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
const unless = (fine) => { if (!fine) throw new Error("unknown"); };

// The token in what the camera read: the whole address, its path, or the bare token. Throws "unknown".
export function tokenFromText(text) {
  const found = /^(?:(?:https?:\/\/[^/?#\s]+)?\/p\/)?([a-z2-7]+)\/?$/i.exec(text.trim());
  unless(found && ![1, 3, 6].includes(found[1].length % 8));
  const bytes = [];
  let bits = 0, buffer = 0;
  for (const letter of found[1].toUpperCase()) {
    buffer = ((buffer << 5) | BASE32.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits >= 8) bytes.push((buffer >> (bits -= 8)) & 0xff);
  }
  return Uint8Array.from(bytes);
}

// Reads CBOR whose types are known beforehand; every length in its shortest form. Throws "unknown".
class Reader {
  constructor(bytes) { this.bytes = bytes; this.at = 0; }
  take(count) {
    unless(this.at + count <= this.bytes.length);
    return this.bytes.subarray(this.at, (this.at += count));
  }
  head(type) {
    const [first] = this.take(1);
    unless(first >> 5 === type && (first & 31) <= 27);
    const width = (first & 31) < 24 ? 0 : 1 << ((first & 31) - 24);
    if (width === 0) return first & 31;
    const value = this.take(width).reduce((sum, byte) => sum * 256 + byte, 0);
    unless(value >= (width === 1 ? 24 : 256 ** (width / 2)));
    return value;
  }
  value(kind) {
    const size = this.head(TYPE[kind]);
    if (kind === "uint") return size;
    const bytes = this.take(size);
    try {
      return kind === "bytes" ? bytes : new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
    } catch {
      throw new Error("unknown");
    }
  }
  end() { unless(this.at === this.bytes.length); }
}

function head(kind, length) {
  const major = TYPE[kind] << 5;
  if (length < 24) return [major | length];
  if (length < 256) return [major | 24, length];
  if (length < 65536) return [major | 25, length >> 8, length & 255];
  return [major | 26, length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255];
}

function toBeSigned(shielded, purpose, body) {
  const parts = [["text", utf8.encode("Signature1")], ["bytes", shielded], ["bytes", utf8.encode(purpose)], ["bytes", body]];
  const chunks = [head("array", parts.length), ...parts.flatMap(([kind, bytes]) => [head(kind, bytes.length), bytes])];
  const whole = new Uint8Array(chunks.reduce((sum, chunk) => sum + chunk.length, 0));
  let at = 0;
  for (const chunk of chunks) { whole.set(chunk, at); at += chunk.length; }
  return whole;
}

// The values of a message whose signature fits. Throws "unknown" for what is no token or whose key is not ours,
// "forged" for a signature that does not fit.
async function open(bytes, jwks, { purpose, shape }) {
  const message = new Reader(bytes);
  unless(hex(message.take(2)) === "d284");
  const shielded = message.value("bytes");
  unless(message.head(TYPE.map) === 0);
  const body = message.value("bytes");
  const signature = message.value("bytes");
  message.end();
  unless(shielded.length === 9 && HEADERS.every((byte, at) => shielded[at] === byte));
  const jwk = jwks.keys.find((key) => key.kid === hex(shielded.subarray(5)));
  unless(jwk);
  const key = await crypto.subtle.importKey("jwk", { kty: "OKP", crv: "Ed25519", x: jwk.x }, "Ed25519", false, ["verify"]);
  if (!(await crypto.subtle.verify("Ed25519", key, signature, toBeSigned(shielded, purpose, body)))) throw new Error("forged");
  return values(new Reader(body), shape);
}

// A map with the keys 1, 2, 3 … in this order and nothing else.
function values(reader, shape) {
  unless(reader.head(TYPE.map) === shape.length);
  const read = shape.map((kind, at) => {
    unless(reader.head(TYPE.uint) === at + 1);
    return reader.value(kind);
  });
  reader.end();
  return read;
}

function entries(packed) {
  unless(packed.length % ENTRY === 0);
  return new Set(Array.from({ length: packed.length / ENTRY }, (_, n) => hex(packed.subarray(ENTRY * n, ENTRY * (n + 1)))));
}

// { issued, until, revoked, superseded, suspended }: times in seconds, entries in hexadecimal. Throws like open().
export async function readStatusList(bytes, jwks) {
  const [issued, until, ...packed] = await open(bytes, jwks, STATUS);
  const [revoked, superseded, suspended] = packed.map(entries);
  return { issued, until, revoked, superseded, suspended };
}

// Whether a list is of now; one from the future comes of a wrong clock.
export const isFresh = (list, now) => list !== null && list.issued - CLOCK_SKEW <= now && now <= list.until;

// Days since 1970 of the day it is in town, wherever the phone believes to be.
function dayInTown(now) {
  const parts = new Intl.DateTimeFormat("en", { timeZone: TOWN_TIME, year: "numeric", month: "numeric", day: "numeric" });
  const named = Object.fromEntries(parts.formatToParts(now * 1000).map(({ type, value }) => [type, Number(value)]));
  return Date.UTC(named.year, named.month - 1, named.day) / (DAY * 1000);
}

// What the warden sees: { verdict, number, plate, zone, until }. `list` may be null, `now` is in seconds.
// A hit in an old list still counts; without a list of now, a permit is "unchecked" at best. Nothing is said of
// the code where the device cannot judge: "unready" without keys, "unable" in a browser that lacks Ed25519.
export async function judge(text, jwks, list, now) {
  if (jwks.keys.length === 0) return { verdict: "unready" };
  let claims;
  try {
    claims = await open(tokenFromText(text), jwks, PERMIT);
  } catch (problem) {
    return { verdict: ["forged", "unknown"].includes(problem.message) ? problem.message : "unable" };
  }
  const [number, plate, zone, first, last] = claims;
  const entry = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8.encode(number))).subarray(0, ENTRY));
  const today = dayInTown(now);
  let verdict = isFresh(list, now) ? "valid" : "unchecked";
  if (today < first) verdict = "not_yet";
  if (today > last) verdict = "expired";
  if (list?.suspended.has(entry)) verdict = "suspended";
  if (list?.superseded.has(entry)) verdict = "superseded";
  if (list?.revoked.has(entry)) verdict = "revoked";
  return { verdict, number, plate, zone, until: last * DAY };
}
