// Verifies permit tokens and the status list: COSE_Sign1 with Ed25519 in deterministic CBOR, as specified in
// services/documents/tokens. No library, no network.
const PERMIT = "urn:portal:permit-token:1";
const STATUS = "urn:portal:permit-status:1";
const BASE32 = "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
const DAY = 86400;
const utf8 = new TextEncoder();
const hex = (bytes) => Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");

// The token in what the camera read: the whole address, its path, or the bare token. Throws "unknown".
export function tokenFromText(text) {
  const found = /^(?:(?:https?:\/\/[^/?#\s]+)?\/p\/)?([a-z2-7]+)\/?$/i.exec(text.trim());
  if (!found) throw new Error("unknown");
  const bytes = [];
  let bits = 0, buffer = 0;
  for (const letter of found[1].toUpperCase()) {
    buffer = ((buffer << 5) | BASE32.indexOf(letter)) & 0xfff;
    bits += 5;
    if (bits >= 8) bytes.push((buffer >> (bits -= 8)) & 0xff);
  }
  return Uint8Array.from(bytes);
}

// One CBOR item and nothing behind it: unsigned and negative integers, byte and text strings, arrays, maps, tags.
function decode(bytes) {
  let at = 0;
  const take = (count) => {
    if (at + count > bytes.length) throw new Error("unknown");
    return bytes.subarray(at, (at += count));
  };
  const item = (depth) => {
    const [head] = take(1);
    let value = head & 31;
    if (value > 27 || depth > 8) throw new Error("unknown");
    if (value > 23) value = take(1 << (value - 24)).reduce((sum, byte) => sum * 256 + byte, 0);
    switch (head >> 5) {
      case 0: return value;
      case 1: return -1 - value;
      case 2: return take(value);
      case 3: return new TextDecoder("utf-8", { fatal: true }).decode(take(value));
      case 4: return Array.from({ length: Math.min(value, bytes.length) }, () => item(depth + 1));
      case 5: return new Map(Array.from({ length: Math.min(value, bytes.length) }, () => [item(depth + 1), item(depth + 1)]));
      case 6: return { tag: value, value: item(depth + 1) };
      default: throw new Error("unknown");
    }
  };
  const result = item(0);
  if (at !== bytes.length) throw new Error("unknown");
  return result;
}

function head(type, length) {
  if (length < 24) return [(type << 5) | length];
  if (length < 256) return [(type << 5) | 24, length];
  if (length < 65536) return [(type << 5) | 25, length >> 8, length & 255];
  return [(type << 5) | 26, length >>> 24, (length >> 16) & 255, (length >> 8) & 255, length & 255];
}

function toBeSigned(shielded, purpose, body) {
  const aad = utf8.encode(purpose);
  const label = utf8.encode("Signature1");
  const parts = [head(4, 4), head(3, label.length), label, head(2, shielded.length), shielded];
  parts.push(head(2, aad.length), aad, head(2, body.length), body);
  return Uint8Array.from(parts.flatMap((part) => Array.from(part)));
}

// The payload of a message whose signature fits. Throws "unknown" for what is no token or whose key is not ours,
// "forged" for a signature that does not fit.
async function open(bytes, jwks, purpose) {
  const message = decode(bytes);
  if (message.tag !== 18 || !Array.isArray(message.value) || message.value.length !== 4) throw new Error("unknown");
  const [shielded, , body, signature] = message.value;
  const name = hex(decode(shielded).get(4) ?? []);
  const jwk = jwks.keys.find((key) => key.kid === name);
  if (!jwk) throw new Error("unknown");
  const key = await crypto.subtle.importKey("jwk", { kty: "OKP", crv: "Ed25519", x: jwk.x }, "Ed25519", false, ["verify"]);
  const genuine = await crypto.subtle.verify("Ed25519", key, signature, toBeSigned(shielded, purpose, body));
  if (!genuine) throw new Error("forged");
  return decode(body);
}

// { issued, until, revoked, superseded }: times in seconds, entries in hexadecimal. Throws like open().
export async function readStatusList(bytes, jwks) {
  const payload = await open(bytes, jwks, STATUS);
  const entries = (packed) => new Set(Array.from({ length: packed.length / 8 }, (_, n) => hex(packed.subarray(8 * n, 8 * n + 8))));
  return { issued: payload.get(1), until: payload.get(2), revoked: entries(payload.get(3)), superseded: entries(payload.get(4)) };
}

// What the warden sees: { verdict, number, plate, zone, until }. `list` may be null, `now` is in seconds.
// A hit in an old list still counts; without a list of now, a permit is "unchecked" at best.
export async function judge(text, jwks, list, now) {
  let claims;
  try {
    claims = await open(tokenFromText(text), jwks, PERMIT);
  } catch (problem) {
    return { verdict: problem.message === "forged" ? "forged" : "unknown" };
  }
  const [number, plate, zone, first, last] = [1, 2, 3, 4, 5].map((key) => claims.get(key));
  const entry = hex(new Uint8Array(await crypto.subtle.digest("SHA-256", utf8.encode(number))).subarray(0, 8));
  const today = Math.floor((now - new Date(now * 1000).getTimezoneOffset() * 60) / DAY);
  const fresh = list !== null && now < list.until;
  let verdict = fresh ? "valid" : "unchecked";
  if (today < first) verdict = "not_yet";
  if (today > last) verdict = "expired";
  if (list?.superseded.has(entry)) verdict = "superseded";
  if (list?.revoked.has(entry)) verdict = "revoked";
  return { verdict, number, plate, zone, until: last * DAY };
}
