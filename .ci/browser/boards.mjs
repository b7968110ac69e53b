// Boards: made by a member, seen by whoever has the address, framed elsewhere, and given another address.
import assert from "node:assert/strict";
import { test } from "node:test";

import { problemsOf } from "./accessibility.mjs";
import { signIn, somebody } from "./people.mjs";
import { WIDTHS } from "./world.mjs";

export function boards(world) {
  const flash = (page, text) => page.getByRole("status").getByText(text).waitFor();

  /** Somebody new makes a board of two providers. Returns the path of its page. */
  const make = async (page, name, address) => {
    await signIn(world, page, somebody("board"));
    await page.goto(`${world.accounts}/watch`);
    await page.getByLabel("GitHub", { exact: true }).check();
    await page.getByLabel("Stripe", { exact: true }).check();
    await page.getByRole("button", { name: "Watch the ticked providers" }).click();
    await page.goto(`${world.accounts}/account`);
    await page.getByRole("link", { name: /^Boards/ }).click();
    await page.getByRole("link", { name: "New board" }).click();
    await page.getByLabel("Name").fill(name);
    await page.getByLabel(address).check();
    await page.getByRole("button", { name: "Save board" }).click();
    await page.getByRole("alert").getByText("Nothing was saved.").waitFor();
    assert.equal(await page.getByLabel("Name").inputValue(), name);
    await page.getByLabel("GitHub", { exact: true }).check();
    await page.getByRole("button", { name: "Save board" }).click();
    await flash(page, "Saved. The board is at the address below.");
    const link = page.locator('main a[href^="/boards/"]').first();
    return link.getAttribute("href");
  };

  for (const width of Object.keys(WIDTHS)) {
    for (const script of [true, false]) {
      test(`a board is given to somebody without an account, and taken back, ${width}, ${script ? "with" : "without"} a script`, async () => {
        let path;
        await world.visit({ width, script }, async (page) => {
          path = await make(page, "Our vendors", /^Secret/);
          await world.visit({ width, script }, async (guest) => {
            await guest.goto(world.accounts + path);
            await guest.getByRole("heading", { level: 1, name: "Our vendors" }).waitFor();
            assert.equal(await guest.locator("main ul.rows .who").count(), 1, "only GitHub is shown");
            for (const feed of ["Incidents (Atom)", "Maintenance (iCalendar)"]) {
              const href = await guest.getByRole("link", { name: feed }).getAttribute("href");
              const answer = await guest.request.get(world.accounts + href);
              assert.equal(answer.status(), 200, href);
              assert.equal(answer.headers()["x-robots-tag"], "noindex, nofollow");
            }
          });
          await page.getByRole("button", { name: "Make a new address" }).click();
          await flash(page, "The one before leads nowhere now.");
          await world.visit({ width, script }, async (guest) => {
            const answer = await guest.goto(world.accounts + path);
            assert.equal(answer.status(), 404);
          });
          await page.getByRole("link", { name: "Remove this board" }).click();
          await page.getByRole("button", { name: "Remove" }).click();
          await flash(page, "Removed.");
        });
      });
    }

    for (const dark of [false, true]) {
      test(`axe finds nothing in boards and their pages, ${width}, ${dark ? "dark" : "light"}`, () =>
        world.visit({ width, dark }, async (page) => {
          const found = [];
          const check = async (path) => {
            if (path) await page.goto(world.accounts + path);
            found.push(...(await problemsOf(page)).map((problem) => `${page.url()}: ${problem}`));
          };
          const path = await make(page, "Öffentlich <b>", /^Public/);
          await check();
          await page.getByRole("link", { name: "Remove this board" }).click();
          await check();
          await check("/account/boards");
          await check("/account/boards/new");
          await check("/alerts/feed");
          await page.getByRole("button", { name: "Make a secret address" }).click();
          await check();
          await check(path);
          await check(`${path}?wall=1`);
          await check(`/embed${path}`);
          assert.deepEqual(found, []);
        }));
    }
  }
}
