// What goes wrong with paying, and how it is mended: a card that fails later, a limit that is met.

import { askFor, buy, expectSoon, mine, PAGE, test } from "./billing.ts";
import { CARD, expectStripe, giveCard } from "./stripe.ts";
import { axeViolations, expect, mailsTo, person, post } from "./support.ts";

const LEADS_ON = "An owner can choose a larger one under Account → Subscription.";

test("a card that fails when the trial ends is told, and mended on Stripe's pages", async ({
  page,
  payer,
  stripe,
}) => {
  await buy(page, "Team", CARD.failsLater);
  await stripe.endTrial(payer);
  await expectSoon(page, "Payment overdue");
  const trouble = page.locator(".notice", { hasText: "A payment failed" });
  await expect(trouble).toContainText("Nothing changes until");
  expect(await axeViolations(page)).toEqual([]);
  await page.goto("/bots");
  await expect(page.getByText("A payment failed"), "and on every page").toBeVisible();
  await expect(async () => {
    const subjects = (await mailsTo(payer.email)).map((mail) => mail.subject);
    expect(subjects.join("\n"), "and by mail").toContain("payment");
  }).toPass();

  await page.getByRole("link", { name: "See to it under Subscription" }).click();
  await trouble.getByRole("button", { name: "Give another card" }).click();
  await expectStripe(page, "Change card");
  await giveCard(page, CARD.declined, "Save card");
  await expect(page.getByRole("alert")).toHaveText("Your card was declined.");
  await giveCard(page, CARD.pays, "Save card");
  await expect(page.getByText("You are back from Stripe")).toBeVisible();
  await trouble.getByRole("link", { name: "Pay on Stripe’s page" }).click();
  await page.getByRole("button", { name: "Pay with visa ending in 4242" }).click();
  await expectSoon(page, "Next payment");
  await expect(mine(page)).toContainText("Active");
  await expect(trouble).toBeHidden();
  await page.goto("/bots");
  await expect(page.getByText("A payment failed")).toBeHidden();
});

test("a smaller plan gives credit, and says first of what there is too much", async ({ page, payer }) => {
  await buy(page, "Scale", CARD.pays);
  await expect(mine(page)).toContainText("Active");
  for (let n = 0; n < 2; n += 1) {
    await post(payer.api, "/bots/sandbox", {});
  }
  await askFor(page, "Team");
  const main = page.getByRole("main");
  await expect(main).toContainText("You use more than this plan gives");
  await expect(main).toContainText("Bots: 2 of 1");
  await expect(main).toContainText(/Put to your credit for coming invoices\s*€\d+\.\d\d/);
  expect(await axeViolations(page)).toEqual([]);
  await page.getByRole("button", { name: "Change the plan" }).click();
  await expect(page.getByRole("status")).toContainText("The plan was changed");
  await expect(mine(page)).toContainText("Team, paid monthly");
  await expect(main).toContainText("New things wait; nothing is taken away.");
  await page.goto("/bots");
  await expect(page.getByRole("table").getByRole("link"), "both are there").toHaveCount(2);
});

test("a larger plan costs what was shown, and nothing when it cannot be paid", async ({
  page,
  payer,
  stripe,
  complaints,
}) => {
  await buy(page, "Scale", CARD.pays);
  await askFor(page, "Team");
  await page.getByRole("button", { name: "Change the plan" }).click();
  await expect(mine(page)).toContainText("Team, paid monthly");

  // What was credited is used up first: the year costs more than that.
  await page.goto(PAGE);
  await page.getByRole("link", { name: "Change to it, yearly" }).last().click();
  const paid = page.getByText("Paid now").locator("xpath=following::strong[1]");
  await expect(paid).toHaveText(/^€\d/);
  const amount = await paid.innerText();
  const made = page.getByRole("table", { name: "What it is made of" });
  await expect(made).toContainText("From your credit");
  expect(await axeViolations(page)).toEqual([]);
  await stripe.declineNext(payer);
  const change = page.getByRole("button", { name: `Change the plan and pay ${amount}` });
  await change.click();
  await expect(page.getByRole("alert")).toContainText("declined");
  await page.goto(PAGE);
  await expect(mine(page), "nothing was changed").toContainText("Team, paid monthly");

  await page.getByRole("link", { name: "Change to it, yearly" }).last().click();
  await change.click();
  await expect(mine(page)).toContainText("Scale, paid yearly");
  await page.getByRole("table", { name: "Invoices" }).getByRole("link").first().click();
  await expect(page.getByRole("main"), `${amount} were paid`).toContainText(amount.replace("€", ""));
  complaints.expect(/4\d\d/);
});

test("a limit that is met says where there is more, and is gone with the larger plan", async ({
  page,
  payer,
  complaints,
}) => {
  await buy(page, "Team", CARD.pays);
  await post(payer.api, "/bots/sandbox", {});
  const connect = async () => {
    await page.goto("/bots/connect");
    await page.getByRole("button", { name: "Try with a sandbox bot" }).click();
  };
  await connect();
  const alert = page.getByRole("alert");
  await expect(alert).toContainText(`The plan has room for 1 bot. ${LEADS_ON}`);
  expect(await axeViolations(page)).toEqual([]);

  const invite = async (email: string) => {
    await page.goto("/w/members");
    await page.locator("input[name=email]").fill(email);
    await page.getByRole("button", { name: "Invite", exact: true }).click();
  };
  const [second, third] = [person(), person()];
  await invite(second.email);
  await expect(page.getByText("The invitation is ready")).toBeVisible();
  await invite(third.email);
  await expect(alert).toContainText(`The plan has room for 2 members, open invitations included. ${LEADS_ON}`);
  complaints.expect(/409/);

  await page.goto("/account");
  await page.getByRole("link", { name: "Subscription", exact: true }).click();
  await askFor(page, "Scale");
  // A trial is not carried to a plan that has none.
  await expect(page.getByRole("main")).toContainText("yours ends with the change");
  await expect(page.getByRole("main")).toContainText(/Paid now\s*€79\.00/);
  expect(await axeViolations(page)).toEqual([]);
  await page.getByRole("button", { name: "Change the plan" }).click();
  await expect(mine(page)).toContainText("Scale, paid monthly");
  await expect(mine(page)).toContainText("Active");
  await connect();
  await expect(page).toHaveURL(/\/bots\/sandbox_[a-z]+_bot/);
  await invite(third.email);
  await expect(page.getByText("The invitation is ready")).toBeVisible();
});
