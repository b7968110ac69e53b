// People with an account, and the ways in which they go through it.
import assert from "node:assert/strict";
import { test } from "node:test";

const RETRY_INTERVAL = 100;
const TIMEOUT = 20_000;

let count = 0;
/** A word that no other story has. */
export const own = (word) => `${word}-${process.pid}-${++count}`;
/** An address that no other story has. */
export const somebody = (name) => `${own(name)}@example.com`;

/** Each story of an account is gone through at both widths, in both themes, with and without a script. */
const WAYS = [
  { width: "phone", dark: false, script: true },
  { width: "desktop", dark: true, script: true },
  { width: "phone", dark: true, script: false },
  { width: "desktop", dark: false, script: false },
];

/** A test of each way; `story` gets what `World.visit` takes. */
export function everyWay(name, story) {
  for (const way of WAYS) {
    const { width, dark, script } = way;
    test(`${name}, ${width}, ${dark ? "dark" : "light"}, ${script ? "with" : "without"} a script`, () => story(way));
  }
}

export const text = async (url) => {
  const answer = await fetch(url);
  assert.equal(answer.status, 200, url);
  return answer.text();
};

/** By a link as in a mail. Who has no account yet gets one, and is led to the first steps. */
export const signIn = async (world, page, address) => {
  await page.goto(await text(`${world.control}/links/${encodeURIComponent(address)}`));
  await page.getByRole("button", { name: "Sign in" }).click();
  await page.waitForURL((url) => ["/account", "/welcome"].includes(url.pathname));
};

/** What a check returns, once it returns something: of what happens in the background. */
export const eventually = async (what, check) => {
  for (const end = Date.now() + TIMEOUT; Date.now() < end; ) {
    const known = await check();
    if (known) return known;
    await new Promise((resolve) => setTimeout(resolve, RETRY_INTERVAL));
  }
  throw new Error(`in ${TIMEOUT} ms never: ${what}`);
};

/** All that a receiver of the site got at this path, once these words are in it. */
export const received = (world, path, words) =>
  eventually(`${path} gets ${words}`, async () => {
    const bodies = await text(`${world.control}/received${path}`);
    return bodies.includes(words) && bodies;
  });

/** The link in the newest mail to an address, once there is one. */
export const mailed = (world, address) =>
  eventually(`${address} gets mail`, async () => {
    const answer = await fetch(`${world.control}/mailed/${encodeURIComponent(address)}`);
    return answer.ok && answer.text();
  });

/** The links in the newest mail to an address with these words, a line each, once there is one. */
export const mailedAbout = (world, address, words) =>
  eventually(`${address} gets mail about ${words}`, () =>
    text(`${world.control}/mailed/${encodeURIComponent(address)}/about/${encodeURIComponent(words)}`));
