// What people do about their alerts: add a destination and test it, be told, mend a webhook, keep quiet hours, edit together.
import assert from "node:assert/strict";
import { test } from "node:test";

import { eventually, everyWay, mailed, mailedAbout, own, received as arrived, text } from "./people.mjs";

export class Member {
  constructor(world, page, address) {
    Object.assign(this, { world, page, address });
  }

  async signIn() {
    await this.page.goto(await text(`${this.world.control}/links/${encodeURIComponent(this.address)}`));
    await this.page.getByRole("button", { name: "Sign in" }).click();
    await this.page.waitForURL((url) => !url.pathname.startsWith("/account/sign-in"));
    await this.open("/alerts");
  }

  open(path) {
    return this.page.goto(this.world.accounts + path);
  }

  press(name) {
    return this.page.getByRole("button", { name, exact: true }).click();
  }

  /** A Slack webhook of the site's receivers, by its path. */
  async addSlack(path, name) {
    await this.open("/alerts");
    await this.page.getByRole("link", { name: "Add destination" }).first().click();
    await this.page.getByRole("link", { name: "Slack", exact: true }).click();
    await this.page.getByLabel("Name").fill(name);
    await this.page.getByLabel("Webhook URL").fill((await text(`${this.world.control}/receivers`)) + path);
    await this.press("Save");
    await this.page.getByRole("heading", { level: 1, name }).waitFor();
  }

  /** Without a script the page is opened again by its link, as people do. */
  async answered(words) {
    await eventually(`${this.page.url()} shows ${words}`, async () => {
      if (await this.page.getByText(words).count()) return true;
      const again = this.page.getByRole("link", { name: "Look again" });
      // A script may replace it meanwhile.
      if (await again.count()) await again.click({ timeout: 1_000 }).catch(() => {});
    });
  }
}

export function alerts(world) {
  const visit = (options, story) =>
    world.visit(options, async (page) => {
      const member = new Member(world, page, `${own("jo")}@example.com`);
      await member.signIn();
      await story(member, page);
    });
  const received = (path, words) => arrived(world, path, words);

  everyWay("a destination is added, tested, and told of the next incident", (way) =>
    visit(way, async (member, page) => {
      await page.getByRole("alert").getByText("nobody is alerted").waitFor();
      const hook = `/services/T0/B0/${own("hook")}`;
      await member.addSlack(hook, "On call");
      await page.getByText("Not tested yet").waitFor();
      await member.press("Send test");
      await member.answered(/Slack accepted it in \d+ ms/);
      await received(hook, "Test alert");
      assert.equal(await page.getByText(hook).count(), 0, "the URL is a secret");
      await member.open("/alerts");
      await page.getByText("Works").first().waitFor();

      const watched = await fetch(`${world.control}/watch/${member.address}/globex`, { method: "POST" });
      assert.equal(watched.status, 204);
      const title = own("Queues are slow");
      await world.post("globex", own("i"), "investigating", "We are looking.", [], "operational", title);
      await received(hook, title);
      await member.open("/alerts/log?state=arrived");
      // Other stories post at the same page.
      await page.getByText(/globex: opened/i).first().waitFor();
    }));

  everyWay("a wrong webhook is put right", (way) =>
    visit(way, async (member, page) => {
      const [wrong, right] = [`/services/T0/B0/${own("gone")}`, `/services/T0/B0/${own("there")}`];
      await member.open("/alerts/destinations/new?channel=slack");
      await page.getByLabel("Name").fill("Ops");
      await page.getByLabel("Webhook URL").fill("https://slack.com/not-a-webhook");
      await member.press("Save");
      await page.getByRole("alert").getByRole("link", { name: /incoming webhook/ }).waitFor();
      assert.equal(await page.getByLabel("Name").inputValue(), "Ops");
      assert.equal(await page.getByLabel("Webhook URL").inputValue(), "", "a secret is not repeated");
      await fetch(`${world.control}/gone${wrong}`, { method: "POST" });
      await member.addSlack(wrong, "Ops");
      await member.press("Send test");
      await member.answered("It did not arrive");
      await page.getByText(/no_service/).first().waitFor();
      await page.getByLabel("Webhook URL").fill((await text(`${world.control}/receivers`)) + right);
      await member.press("Save");
      await page.getByRole("status").getByText("Saved.").waitFor();
      await member.press("Send test");
      await member.answered(/Slack accepted it in/);
      await received(right, "Test alert");
    }));

  everyWay("quiet hours are saved", (way) =>
    visit(way, async (member, page) => {
      await member.addSlack(`/services/T0/B0/${own("quiet")}`, "Night shift");
      await page.getByRole("link", { name: "Default" }).click();
      const zone = page.getByRole("group", { name: "Quiet hours" }).getByLabel("Time zone");
      await page.getByLabel("Hold alerts in these hours").check();
      await zone.fill("Europe/Nowhere");
      await page.getByLabel("Sunday").uncheck();
      await member.press("Save");
      await page.getByRole("alert").getByRole("link", { name: /Europe\/Berlin/ }).waitFor();
      assert.equal(await zone.inputValue(), "Europe/Nowhere");
      assert.ok(!(await page.getByLabel("Sunday").isChecked()));
      await zone.fill("Europe/Berlin");
      await page.getByLabel("From").fill("23:00");
      await member.press("Save");
      await page.getByRole("status").getByText("Group saved.").waitFor();
      await member.open("/alerts");
      await page.getByText("quiet 23:00–07:00 Europe/Berlin, mon tue wed thu fri sat").waitFor();
    }));

  everyWay("quiet hours hold what others are told at once, the preview says until when, and one message sums it up", (way) =>
    visit(way, async (member, page) => {
      const [night, day] = [`/services/T0/B0/${own("night")}`, `/services/T0/B0/${own("day")}`];
      await member.addSlack(night, "Night shift");
      await member.addSlack(day, "On call");
      const only = async (name) => {
        for (const each of ["Night shift", "On call"]) {
          await page.getByRole("group", { name: "Destinations" }).getByLabel(each).setChecked(each === name);
        }
      };
      await member.open("/alerts/groups/group_default");
      await only("Night shift");
      const hours = page.getByRole("group", { name: "Quiet hours" });
      await hours.getByLabel("Hold alerts in these hours").check();
      await hours.getByLabel("Time zone").fill("UTC");
      const [from, until] = [-2, 2].map((hours) => new Date(Date.now() + hours * 3_600_000).toISOString().slice(11, 16));
      await hours.getByLabel("From").fill(from);
      await hours.getByLabel("Until").fill(until);
      await hours.getByLabel("Send major ones at once all the same").uncheck();
      await member.press("Save");
      await page.getByRole("status").getByText("Group saved.").waitFor();
      await member.open("/alerts/groups/new");
      await page.getByLabel("Name").fill("Days");
      await only("On call");
      await member.press("Save");
      await page.getByText(`quiet ${from}–${until} UTC`, { exact: true }).waitFor();

      await fetch(`${world.control}/watch/${member.address}/globex`, { method: "POST" });
      const title = own("Queues are slow");
      await world.post("globex", own("i"), "investigating", "We are looking.", [], "operational", title);
      // The router holds an alert before it tells anybody of it.
      await received(day, title);
      assert.equal(await text(`${world.control}/received${night}`), "");
      await member.open("/alerts/log?state=arrived");
      const rows = page.locator("main ul.rows > li");
      await rows.getByRole("link", { name: "On call" }).first().waitFor();
      assert.equal(await rows.getByRole("link", { name: "Night shift" }).count(), 0);
      await member.open("/alerts/groups/group_default/preview");
      await page.getByRole("status").getByText(/incidents? (is|are) still held\./).waitFor();
      await page.locator("main ul.rows > li", { has: page.getByText(`globex: ${title}`, { exact: true }) }).getByText(/held until .*/).waitFor();

      // In the morning one message stands for all, and names them.
      const morning = await fetch(`${world.control}/morning/${encodeURIComponent(member.address)}`, { method: "POST" });
      assert.equal(morning.status, 204, await morning.text());
      const summary = await received(night, title);
      assert.match(summary, /Summary of \d+ changes?/);
      assert.equal(summary.split("\n").length, 1, "one message");
      const told = rows.filter({ has: page.getByRole("link", { name: "Night shift" }) });
      await eventually("the log has it", async () => {
        await member.open("/alerts/log?state=arrived");
        return (await told.allInnerTexts()).some((row) => /summary/i.test(row));
      });
    }));

  everyWay("an incident is previewed, acknowledged and muted, and the mute is undone", (way) =>
    visit(way, async (member, page) => {
      const hook = `/services/T0/B0/${own("mute")}`;
      await member.addSlack(hook, "On call");
      const watched = await fetch(`${world.control}/watch/${member.address}/globex`, { method: "POST" });
      assert.equal(watched.status, 204);
      const [title, incident] = [own("Queues are slow"), own("i")];
      await world.post("globex", incident, "investigating", "We are looking.", [], "operational", title);
      await received(hook, title);

      await member.open("/alerts/groups/group_default");
      await member.press("What it would have told in the last 90 days");
      await page.getByRole("heading", { level: 2, name: "The last 90 days" }).waitFor();
      await page.getByRole("status").getByText(/in \d+ messages?/).waitFor();
      await page.getByLabel("Your time zone").fill("Asia/Tokyo");
      await page.getByLabel("One summary an hour").check();
      await member.press("What it would have told in the last 90 days");
      await page.getByRole("status").getByText("07:00 Asia/Tokyo").waitFor();
      await page.getByRole("status").getByText(/summar(y|ies) of \d+ changes?/).waitFor();
      assert.ok(await page.getByLabel("One summary an hour").isChecked(), "what was typed stays");
      await member.open("/alerts/groups/group_default/preview");
      await page.getByRole("heading", { level: 1, name: "The last 90 days" }).waitFor();
      await page.getByLabel("Your time zone").fill("Asia/Tokyo");
      await member.press("Work it out again");
      await page.getByRole("status").getByText("07:00 Asia/Tokyo").waitFor();

      await member.open("/alerts/log");
      // Other stories post at the same page.
      await page.locator(`main a[href$="incident=${incident}"]`, { hasText: /globex.*: opened/i }).click();
      await page.getByText(title).waitFor();
      await member.press("Acknowledge");
      await page.getByRole("status").getByText("Acknowledged.").waitFor();
      await member.press("Mute until its end");
      await page.getByRole("status").getByText("Muted.").waitFor();
      await page.getByText(`Muted by ${member.address}`).waitFor();
      await member.open("/alerts");
      await page.getByRole("link", { name: "Muted incidents" }).click();
      await page.getByRole("button", { name: /^Undo ?: Muted/ }).click();
      await page.getByRole("status").getByText("Undone.").waitFor();
      assert.equal(await page.getByText("Muted by").count(), 0);
      await page.getByText(`Acknowledged by ${member.address}`).waitFor();
    }));

  everyWay("two people edit one group: the second sees both", (way) =>
    visit(way, async (member, page) => {
      await member.addSlack(`/services/T0/B0/${own("both")}`, "Ops");
      await member.open("/alerts/groups/group_default");
      await world.visit(way, async (there) => {
        const other = new Member(world, there, member.address);
        await other.signIn();
        await other.open("/alerts/groups/group_default");
        await there.getByLabel("Name").fill("Days");
        await other.press("Save");
        await there.getByRole("status").getByText("Group saved.").waitFor();
      });
      await page.getByLabel("Name").fill("Nights");
      await member.press("Save");
      await page.getByRole("alert").getByRole("row", { name: "Name Days Nights" }).waitFor();
      assert.equal(await page.getByLabel("Name").inputValue(), "Nights");
      await member.press("Save");
      await page.getByRole("status").getByText("Group saved.").waitFor();
      await page.getByRole("heading", { level: 1, name: "Nights" }).waitFor();
    }));

  everyWay("a mail address is confirmed by its owner, who is told of the next incident", (way) =>
    visit(way, async (member, page) => {
      const address = `${own("al")}@example.com`;
      await member.open("/alerts/destinations/new?channel=email");
      await page.getByLabel("Email address").fill(address);
      await member.press("Save");
      await page.getByText(`Waiting for ${address} to confirm`).waitFor();
      const destination = page.url().split("?")[0];
      const question = await mailed(world, address);
      await member.press("Send the email again");
      await page.getByRole("alert").getByText("No more email is sent to this address now").waitFor();
      await member.open("/alerts");
      await page.getByText("Waiting for confirmation").first().waitFor();
      await page.goto(question);
      await page.getByRole("button").first().click();
      await page.goto(destination);
      await page.getByRole("button", { name: "Send test" }).waitFor();

      await fetch(`${world.control}/watch/${member.address}/globex`, { method: "POST" });
      const title = own("Queues are slow");
      await world.post("globex", own("i"), "investigating", "We are looking.", [], "operational", title);
      const links = (await mailedAbout(world, address, title)).split("\n");
      await page.goto(links[0]);
      await page.getByRole("heading", { level: 1, name: title }).waitFor();

      // Whoever reads the mail needs no account to say that they are at it.
      const acknowledge = links.find((link) => new URL(link).pathname.startsWith("/alerts/incident/"));
      assert.ok(acknowledge, links.join(" "));
      await world.visit(way, async (reader) => {
        await reader.goto(acknowledge);
        await reader.getByText(title).first().waitFor();
        await reader.getByRole("button", { name: "Acknowledge" }).click();
        await reader.getByRole("status").getByText(/^Acknowledged by a link in a mail to/).waitFor();
        await reader.getByRole("button", { name: /^Undo/ }).click();
        await reader.getByRole("button", { name: "Acknowledge" }).waitFor();
      });
    }));

  everyWay("every page of alerts is opened", (way) =>
    visit(way, async (member, page) => {
      for (const path of await pages(member, page)) await member.open(path);
      await member.open("/alerts/groups/new");
      await page.getByLabel("Major: an outage").uncheck();
      await page.getByLabel("Minor: degraded").uncheck();
      await member.press("Save");
      await page.getByRole("alert").waitFor();
    }));
}

/** The paths of all pages of alerts, of a member who has some. Its destination failed a test. */
export async function pages(member, page) {
  const hook = `/services/T0/B0/${own("picture")}`;
  await fetch(`${member.world.control}/gone${hook}`, { method: "POST" });
  await fetch(`${member.world.control}/watch/${member.address}/globex`, { method: "POST" });
  await member.addSlack(hook, "On call");
  const destination = new URL(page.url()).pathname;
  await member.press("Send test");
  await member.answered("It did not arrive");
  const tested = page.url().slice(member.world.accounts.length);
  return [
    "/alerts", "/alerts/destinations/new", "/alerts/destinations/new?channel=webhook", "/alerts/destinations/new?channel=slack",
    tested, `${destination}/remove`, "/alerts/groups/group_default", "/alerts/groups/group_default/preview", "/alerts/groups/new", "/alerts/log", "/alerts/log?state=pending",
    "/alerts/mutes",
  ];
}
