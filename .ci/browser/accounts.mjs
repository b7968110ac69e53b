// What people do with an account: sign in, invite a colleague, end a session, leave for good.
import assert from "node:assert/strict";
import { test } from "node:test";

import { everyWay, mailed as sent, signIn as enter, somebody, text } from "./people.mjs";

export function accounts(world) {
  const mailed = (address) => sent(world, address);
  const signIn = async (page, address) => {
    await enter(world, page, address);
    await page.goto(`${world.accounts}/account`);
  };

  everyWay("somebody signs in by a mailed link and out again", (way) =>
    world.visit(way, async (page) => {
      const jo = somebody("jo");
      await page.goto(`${world.accounts}/`);
      await page.getByRole("link", { name: "Sign in" }).click();
      const address = page.getByLabel("Email address");
      await address.fill("jo@nowhere");
      await page.getByRole("button", { name: "Send me a link" }).click();
      await page.getByRole("alert").getByRole("link", { name: "This is no email address" }).waitFor();
      assert.equal(await address.inputValue(), "jo@nowhere");
      await address.fill(jo);
      await page.getByRole("button", { name: "Send me a link" }).click();
      await page.getByRole("heading", { level: 1, name: "Check your email" }).waitFor();
      await page.goto(await mailed(jo));
      await page.getByText(`You sign in as ${jo}.`).waitFor();
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.waitForURL(`${world.accounts}/welcome`);
      await page.goto(`${world.accounts}/account`);
      await page.getByRole("heading", { level: 1, name: jo }).waitFor();
      await page.getByRole("link", { name: "Dashboard" }).click();
      await page.getByRole("link", { name: "Account", exact: true }).click();
      await page.getByRole("button", { name: "Sign out" }).click();
      await page.waitForURL(`${world.accounts}/account/sign-in`);
      await page.goBack();
      await page.waitForURL(/\/account\/sign-in/);
    }));

  everyWay("an owner invites a colleague, who joins, and changes their role", async (way) => {
    const [jo, al] = [somebody("jo"), somebody("al")];
    await world.visit(way, async (page) => {
      await signIn(page, jo);
      await page.getByLabel("Email address").fill(al);
      await page.locator("#role").selectOption("reader");
      await page.getByRole("button", { name: "Send invitation" }).click();
      await page.getByRole("status").getByText("Invitation sent.").waitFor();
    });
    await world.visit(way, async (page) => {
      await page.goto(await mailed(al));
      await page.getByRole("button", { name: "Join and sign in" }).click();
      await page.getByRole("status").getByText("You are a member").waitFor();
      assert.equal(await page.getByRole("link", { name: "Audit log" }).count(), 0);
    });
    await world.visit(way, async (page) => {
      await signIn(page, jo);
      await page.getByLabel(`Role of ${al}`).selectOption("editor");
      await page.getByRole("button", { name: `Save the role of ${al}` }).click();
      await page.getByRole("status").getByText("Role changed.").waitFor();
      await page.getByRole("link", { name: "Audit log" }).click();
      await page.getByText("role: reader → editor").waitFor();
      await page.goto(`${world.accounts}/account`);
      await page.getByRole("link", { name: `Remove ${al}` }).click();
      await page.getByRole("button", { name: "Remove a member" }).click();
      await page.getByRole("status").getByText("Member removed.").waitFor();
    });
  });

  everyWay("an account is exported and deleted by its name", (way) =>
    world.visit(way, async (page) => {
      const jo = somebody("jo");
      await signIn(page, jo);
      const download = page.waitForEvent("download");
      await page.getByRole("link", { name: "Export everything" }).click();
      assert.equal((await download).suggestedFilename(), "account.json");
      await page.getByRole("link", { name: "Delete this account" }).click();
      const name = page.getByLabel(`Type ${jo} to confirm`);
      await name.fill("jo");
      await page.getByRole("button", { name: "Delete this account" }).click();
      await page.getByRole("alert").getByText("This is not the name of the account.").waitFor();
      await name.fill(jo);
      await page.getByRole("button", { name: "Delete this account" }).click();
      await page.waitForURL(/\/account\/sign-in/);
    }));

  everyWay("every page of an account is opened", (way) =>
    world.visit(way, async (page) => {
      const [jo, al] = [somebody("jo"), somebody("al")];
      const open = (path) => page.goto(world.accounts + path);
      for (const path of ["/account/sign-in", "/account/sign-in?sent=1", "/account/sign-in/nothing"]) await open(path);
      await page.goto(await text(`${world.control}/links/${encodeURIComponent(jo)}`));
      await page.getByRole("button", { name: "Sign in" }).click();
      await page.waitForURL(`${world.accounts}/welcome`);
      await page.goto(`${world.accounts}/account`);
      await page.getByLabel("Email address").fill("nobody");
      await page.evaluate(() => { document.querySelector("#address").type = "text"; });
      await page.getByRole("button", { name: "Send invitation" }).click();
      await page.getByRole("alert").waitFor();
      await page.getByLabel("Email address").fill(al);
      await page.getByRole("button", { name: "Send invitation" }).click();
      await page.getByRole("status").waitFor();
      const invitation = await mailed(al);
      for (const path of ["sessions", "audit", "rename", "delete", `members/remove?address=${encodeURIComponent(jo)}`]) {
        await open(`/account/${path}`);
      }
      await page.goto(invitation);
      await page.getByRole("button", { name: "Join and sign in" }).waitFor();
      await open("/account");
      await page.getByRole("region", { name: "Invitations" }).getByRole("button", { name: /^Withdraw/ }).click();
      await page.getByRole("status").getByText("Invitation withdrawn.").waitFor();
      await page.goto(invitation);
      await page.getByRole("heading", { level: 1, name: "This invitation is no longer valid" }).waitFor();
      await open("/");
    }));

  test("two browsers: ending the session of one leaves the other", async () => {
    const jo = somebody("jo");
    await world.visit({}, (there) =>
      world.visit({}, async (here) => {
        await signIn(there, jo);
        await signIn(here, jo);
        await here.getByRole("link", { name: "Your sessions" }).click();
        await here.getByRole("button", { name: "End", exact: true }).click();
        await here.getByRole("status").getByText("Ended.").waitFor();
        await there.reload();
        await there.waitForURL(/\/account\/sign-in/);
        await here.goto(`${world.accounts}/account`);
        await here.getByRole("heading", { level: 1, name: jo }).waitFor();
      }));
  });
}
