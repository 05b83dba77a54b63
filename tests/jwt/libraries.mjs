// Other implementations of JWT. Reads {secret, partner, now, foreign: [JWT]} and writes
// {good: {NAME: JWT}, bad: {NAME: {jwt, result}}, verified: {LIBRARY: [claims]}}.

import {createSigner, createVerifier} from "fast-jwt";
import {SignJWT, jwtVerify} from "jose";
import jsonwebtoken from "jsonwebtoken";
import {readFileSync} from "node:fs";

const {secret, partner, now, foreign} = JSON.parse(readFileSync(0, "utf8"));
const key = new TextEncoder().encode(secret);
const whole = {partner_id: partner, nbf: now - 180, exp: now + 180};
const fractions = {partner_id: partner, nbf: now - 180.25, exp: now + 180.75};
const guessed = "guessed-by-somebody-who-has-no-secret";

const jose = (claims, header = {}, by = key) =>
  new SignJWT(claims).setProtectedHeader({alg: "HS256", ...header}).sign(by);
const plain = (claims, options = {}, by = secret) =>
  jsonwebtoken.sign(claims, by, {algorithm: "HS256", ...options});
const fast = (claims, options = {}, by = secret) =>
  createSigner({key: by, algorithm: "HS256", ...options})(claims);

const good = {
  "jose, which writes no typ": await jose(whole),
  "jose with typ, cty and kid": await jose(whole, {typ: "jwt", cty: "json", kid: "2026-11"}),
  "jose with fractions": await jose(fractions),
  "jose with an exponent": await jose({...whole, exp: 1e21}),
  "jose with more claims": await jose({...whole, iat: now, jti: "1", aud: ["a", "b"]}),
  "jsonwebtoken, which adds iat": plain(whole),
  "jsonwebtoken with a kid": plain(whole, {keyid: "2026-11"}),
  "jsonwebtoken with a header of its own": plain(whole, {header: {typ: "at+jwt", x: [1]}}),
  "jsonwebtoken with fractions": plain(fractions),
  "fast-jwt": fast(whole),
  "fast-jwt with a kid and a cty": fast(whole, {kid: "2026-11", header: {cty: "json"}}),
};

const bad = {
  "jose with crit": {jwt: await jose(whole, {crit: ["b64"], b64: true}), result: "bad_header"},
  "jose with HS512": {jwt: await jose(whole, {alg: "HS512"}), result: "bad_header"},
  "jsonwebtoken with HS384": {jwt: plain(whole, {algorithm: "HS384"}), result: "bad_header"},
  "jsonwebtoken without a signature":
    {jwt: plain(whole, {algorithm: "none"}, ""), result: "bad_header"},
  "jsonwebtoken with another key": {jwt: plain(whole, {}, guessed), result: "bad_signature"},
  "fast-jwt with another key": {jwt: fast(whole, {}, guessed), result: "bad_signature"},
  "fast-jwt without nbf":
    {jwt: fast({partner_id: partner, exp: now + 180}), result: "bad_claims"},
  "jose for another partner":
    {jwt: await jose({...whole, partner_id: "somebody"}), result: "wrong_partner"},
  "jose for later": {jwt: await jose({...whole, nbf: now + 120.5}), result: "not_yet_valid"},
  "jose of before": {jwt: await jose({...whole, exp: now - 120.5}), result: "expired"},
};

const verify = createVerifier({key: secret, algorithms: ["HS256"]});
const verified = {jose: [], jsonwebtoken: [], "fast-jwt": []};
for (const each of foreign) {
  verified.jose.push((await jwtVerify(each, key, {algorithms: ["HS256"]})).payload);
  verified.jsonwebtoken.push(jsonwebtoken.verify(each, secret, {algorithms: ["HS256"]}));
  verified["fast-jwt"].push(verify(each));
}

console.log(JSON.stringify({good, bad, verified}));
