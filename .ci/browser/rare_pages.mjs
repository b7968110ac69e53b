// Pages that few see: what two people change at once, what is refused, what is paused, and what its owner took back.
import assert from "node:assert/strict";

import { Member } from "./alerts.mjs";
import { eventually, everyWay, own, received, somebody, text } from "./people.mjs";

/** Of an account, as the console has it. */
const MAX_BOARDS = 20;

export function rarePages(world) {
  const visit = (way, story) =>
    world.visit(way, async (page) => {
      const member = new Member(world, page, somebody("rare"));
      await member.signIn();
      await story(member, page);
    });
  /** The same member in another browser. */
  const elsewhere = (way, { address }, story) =>
    world.visit(way, async (page) => {
      const member = new Member(world, page, address);
      await member.signIn();
      await story(member, page);
    });
  const watch = async ({ address }, provider) => {
    const answer = await fetch(`${world.control}/watch/${encodeURIComponent(address)}/${provider}`, { method: "POST" });
    assert.equal(answer.status, 204);
  };
  const flash = (page, words) => page.getByRole("status").getByText(words).waitFor();

  everyWay("two people edit one monitor: the second sees both", (way) =>
    visit(way, async (member, page) => {
      await watch(member, "github");
      await member.open("/watch/github");
      await elsewhere(way, member, async (other, there) => {
        await other.open("/watch/github");
        await there.getByLabel("When the provider names no component").selectOption("drop");
        await other.press("Save");
        await flash(there, "Saved.");
      });
      await page.getByLabel(/^All components/).check();
      await member.press("Save");
      const conflict = page.getByRole("alert");
      await conflict.getByText("Somebody else saved this meanwhile.").waitFor();
      await conflict.getByText("incidents that name no component do not alert.").waitFor();
      await conflict.getByText("incidents that name no component alert.").waitFor();
      await member.press("Save");
      await flash(page, "Saved.");
      assert.equal(await page.getByLabel("When the provider names no component").inputValue(), "tell");
    }));

  everyWay("one stops watching what another edits: the other sees it, and watches it again", (way) =>
    visit(way, async (member, page) => {
      await watch(member, "github");
      await member.open("/watch/github");
      await elsewhere(way, member, async (other, there) => {
        await other.open("/watch/github/remove");
        await other.press("Stop watching GitHub");
        await flash(there, "It is no longer watched.");
      });
      await member.press("Save");
      await page.getByRole("alert").getByText("Nothing was saved.").waitFor();
    }));

  everyWay("two people edit one destination: the second sees both", (way) =>
    visit(way, async (member, page) => {
      await member.addSlack(`/services/T0/B0/${own("both")}`, "Ops");
      const path = new URL(page.url()).pathname;
      await elsewhere(way, member, async (other, there) => {
        await other.open(path);
        await there.getByLabel("Name").fill("Days");
        await other.press("Save");
        await flash(there, "Saved.");
      });
      await page.getByLabel("Name").fill("Nights");
      await member.press("Save");
      await page.getByRole("alert").getByRole("row", { name: "Days Nights" }).waitFor();
      assert.equal(await page.getByLabel("Name").inputValue(), "Nights");
      await member.press("Save");
      await flash(page, "Saved.");
      await page.getByRole("heading", { level: 1, name: "Nights" }).waitFor();
    }));

  everyWay("a destination that is gone is paused, says why, and goes on once it is put right", (way) =>
    visit(way, async (member, page) => {
      const [hook, right] = [`/services/T0/B0/${own("pause")}`, `/services/T0/B0/${own("right")}`];
      await member.addSlack(hook, "On call");
      const path = new URL(page.url()).pathname;
      await member.press("Send test");
      await member.answered(/Slack accepted it in \d+ ms/);
      await watch(member, "globex");
      await fetch(`${world.control}/gone${hook}`, { method: "POST" });
      const title = own("Requests fail");
      await world.post("globex", own("i"), "investigating", "We are looking.", [], "operational", title);
      await eventually("it is paused", async () => {
        await member.open("/alerts");
        return page.locator(".note.problem").getByText("Paused", { exact: true }).count();
      });
      await page.getByText(/Paused since .*no_service/).waitFor();
      await member.open(path);
      await page.getByText("Correct the settings, then send a test.").waitFor();
      await member.open("/alerts/log?state=failed");
      await page.getByText("Paused", { exact: true }).first().waitFor();
      await member.open(path);
      await page.getByLabel("Webhook URL").fill((await text(`${world.control}/receivers`)) + right);
      await member.press("Save");
      await flash(page, "Saved.");
      await member.press("Send test");
      await member.answered(/Slack accepted it in/);
      await received(world, right, "Test alert");
      await member.open("/alerts");
      await page.getByText("Works").first().waitFor();
    }));

  everyWay("a group gets a feed, and is removed; the Default group stays", (way) =>
    visit(way, async (member, page) => {
      await member.addSlack(`/services/T0/B0/${own("group")}`, "Ops");
      await member.open("/alerts/groups/new");
      await page.getByLabel("Name").fill("Nights");
      await page.getByRole("group", { name: "Destinations" }).getByLabel("Ops").check();
      await member.press("Save");
      await flash(page, "Group saved.");
      await page.getByRole("link", { name: "Nights" }).click();
      await page.getByRole("link", { name: "Feed and calendar of this group" }).click();
      await page.getByText("There is no address yet.").waitFor();
      await member.press("Make a secret address");
      await flash(page, "have a new address");
      const [feed] = (await page.locator("main pre").allInnerTexts()).map((line) => line.trim());
      assert.equal((await fetch(feed)).status, 200, feed);
      await member.press("Remove the address");
      await flash(page, "The address leads nowhere now.");
      await member.open("/alerts");
      await page.getByRole("link", { name: "Nights" }).click();
      await page.getByRole("link", { name: "Remove this group" }).click();
      await page.getByRole("heading", { level: 1, name: "Remove Nights?" }).waitFor();
      await page.getByRole("button", { name: "Remove" }).click();
      await flash(page, "Removed.");
      assert.equal(await page.getByRole("link", { name: "Nights" }).count(), 0);
      const answer = await member.open("/alerts/groups/group_default/remove");
      assert.equal(answer.status(), 409);
      await page.getByRole("alert").getByText("Every account keeps its Default group.").waitFor();
    }));

  everyWay("a test too soon and a board too many are refused with what to do", (way) =>
    visit(way, async (member, page) => {
      await member.addSlack(`/services/T0/B0/${own("soon")}`, "Ops");
      const path = new URL(page.url()).pathname;
      await member.press("Send test");
      await member.open(path);
      await member.press("Send test");
      await page.getByText("A test was sent a moment ago.").waitFor();

      await member.open("/account/tokens");
      await page.getByLabel("Name").fill("Boards");
      await page.getByLabel("Scope").selectOption("write");
      await member.press("Make a token");
      const token = await page.locator("#token").innerText();
      const headers = { authorization: `Bearer ${token}`, "content-type": "application/json" };
      for (let number = 0; number < MAX_BOARDS; number += 1) {
        const body = JSON.stringify({ name: `Board ${number}`, providers: ["github"] });
        const made = await fetch(`${world.accounts}/api/v1/account/boards`, { method: "POST", headers, body });
        assert.equal(made.status, 201, await made.text());
      }
      await watch(member, "github");
      await member.open("/account/boards/new");
      await page.getByLabel("Name").fill("One more");
      await page.getByLabel("GitHub", { exact: true }).check();
      await member.press("Save board");
      await page.getByRole("alert").getByText(`This account has as many boards as it may have: ${MAX_BOARDS}.`).waitFor();
    }));
}
