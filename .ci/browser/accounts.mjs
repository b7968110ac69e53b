// What people do with an account: sign in, invite a colleague, end a session, leave for good.
import assert from "node:assert/strict";
import { test } from "node:test";

import { problemsOf } from "./accessibility.mjs";
import { signIn as enter, somebody, text } from "./people.mjs";
import { WIDTHS } from "./world.mjs";

export function accounts(world) {
  const mailed = (address) => text(`${world.control}/mailed/${encodeURIComponent(address)}`);
  const signIn = async (page, address) => {
    await enter(world, page, address);
    await page.goto(`${world.accounts}/account`);
  };

  for (const width of Object.keys(WIDTHS)) {
    for (const script of [true, false]) {
      test(`somebody signs in by a mailed link and out again, ${width}, ${script ? "with" : "without"} a script`, () =>
        world.visit({ width, script }, async (page) => {
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
    }

    test(`an owner invites a colleague, who joins, and changes their role, ${width}, without a script`, async () => {
      const [jo, al] = [somebody("jo"), somebody("al")];
      await world.visit({ width, script: false }, async (page) => {
        await signIn(page, jo);
        await page.getByLabel("Email address").fill(al);
        await page.locator("#role").selectOption("reader");
        await page.getByRole("button", { name: "Send invitation" }).click();
        await page.getByRole("status").getByText("Invitation sent.").waitFor();
      });
      await world.visit({ width, script: false }, async (page) => {
        await page.goto(await mailed(al));
        await page.getByRole("button", { name: "Join and sign in" }).click();
        await page.getByRole("status").getByText("You are a member").waitFor();
        assert.equal(await page.getByRole("link", { name: "Audit log" }).count(), 0);
      });
      await world.visit({ width, script: false }, async (page) => {
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

    test(`an account is exported and deleted by its name, ${width}`, () =>
      world.visit({ width }, async (page) => {
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

    for (const dark of [false, true]) {
      test(`axe finds nothing in any page of an account, ${width}, ${dark ? "dark" : "light"}`, () =>
        world.visit({ width, dark }, async (page) => {
          const [jo, al] = [somebody("jo"), somebody("al")];
          const found = [];
          const check = async (path) => {
            if (path) await page.goto(path.startsWith("http") ? path : world.accounts + path);
            found.push(...(await problemsOf(page)).map((problem) => `${page.url()}: ${problem}`));
          };
          await check("/account/sign-in");
          await check("/account/sign-in?sent=1");
          await check("/account/sign-in/nothing");
          await check(await text(`${world.control}/links/${encodeURIComponent(jo)}`));
          await page.getByRole("button", { name: "Sign in" }).click();
          await page.waitForURL(`${world.accounts}/welcome`);
          await page.goto(`${world.accounts}/account`);
          await page.getByLabel("Email address").fill("nobody");
          await page.evaluate(() => { document.querySelector("#address").type = "text"; });
          await page.getByRole("button", { name: "Send invitation" }).click();
          await page.getByRole("alert").waitFor();
          await check();
          await page.getByLabel("Email address").fill(al);
          await page.getByRole("button", { name: "Send invitation" }).click();
          await page.getByRole("status").waitFor();
          await check();
          const invitation = await mailed(al);
          for (const path of ["sessions", "audit", "rename", "delete", `members/remove?address=${encodeURIComponent(jo)}`]) {
            await check(`/account/${path}`);
          }
          await check(invitation);
          await check("/");
          assert.deepEqual(found, []);
        }));
    }
  }

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
