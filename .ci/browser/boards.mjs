// Boards: made by a member, seen by whoever has the address, framed elsewhere, and given another address.
import assert from "node:assert/strict";
import { test } from "node:test";

import { framed } from "./frames.mjs";
import { everyWay, signIn, somebody } from "./people.mjs";

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

  everyWay("a board is given to somebody without an account, and taken back", async (way) => {
    let path;
    await world.visit(way, async (page) => {
      path = await make(page, "Our vendors", /^Secret/);
      await world.visit(way, async (guest) => {
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
      await world.visit(way, async (guest) => {
        const answer = await guest.goto(world.accounts + path);
        assert.equal(answer.status(), 404);
      });
      await page.getByRole("link", { name: "Remove this board" }).click();
      await page.getByRole("button", { name: "Remove" }).click();
      await flash(page, "Removed.");
    });
  });

  everyWay("a board is shown in a frame of another site, until it has another address", (way) =>
    world.visit(way, async (page) => {
      const path = await make(page, "Our vendors", /^Secret/);
      const card = `${world.accounts}/embed${path}`;
      await framed(world, [card], way, async (there) => {
        const frame = there.frameLocator("iframe");
        await frame.getByText("Our vendors").first().waitFor();
        const name = frame.getByRole("link", { name: "GitHub" });
        assert.equal(await name.getAttribute("target"), "_blank");
        assert.equal(await frame.getByText("Stripe").count(), 0, "only GitHub is shown");
        const [red] = (await frame.locator("body").evaluate((it) => getComputedStyle(it).backgroundColor)).match(/\d+/g);
        assert.equal(red < 128, way.dark, "the card has the reader's theme");
        const wide = await frame.locator("html").evaluate((it) => it.scrollWidth > it.clientWidth);
        assert.ok(!wide, "the card is wider than its frame");
        assert.equal((await there.context().cookies()).length, 0, "a frame gets no cookie");
      });
      // The board itself is for no frame.
      const board = await fetch(world.accounts + path);
      assert.equal(board.headers.get("x-frame-options"), "DENY");
      await page.getByRole("button", { name: "Make a new address" }).click();
      await flash(page, "The one before leads nowhere now.");
      assert.equal((await fetch(card)).status, 404);
    }));

  everyWay("every page of boards is opened", (way) =>
    world.visit(way, async (page) => {
      const open = (path) => page.goto(world.accounts + path);
      const path = await make(page, "Öffentlich <b>", /^Public/);
      await page.getByRole("link", { name: "Remove this board" }).click();
      await open("/account/boards");
      await open("/account/boards/new");
      await open("/alerts/feed");
      await page.getByRole("button", { name: "Make a secret address" }).click();
      await flash(page, "have a new address");
      for (const shown of [path, `${path}?wall=1`, `/embed${path}`]) await open(shown);
    }));
}
