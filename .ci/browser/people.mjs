// People with an account.
import assert from "node:assert/strict";

let people = 0;
/** An address that no other story has. */
export const somebody = (name) => `${name}-${process.pid}-${++people}@example.com`;

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
