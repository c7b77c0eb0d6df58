import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { complaints, start } from "./app";
import type { FakeCore } from "./core";

const open = (arrange: (core: FakeCore) => void = () => {}) => start(arrange, "wallets");
const credits = () => screen.findByText("Unassigned", { selector: "dt" });
const row = (name: string) => screen.findByRole("row", { name: new RegExp(`^${name} `) });
const drafts = ({ asked }: FakeCore, command: string) =>
	asked.filter((one) => one.command === command).map(({ given }) => given.draft ?? given);

test("b6 totals and wallets say how credits lie", async () => {
	await open();
	expect((await credits()).nextElementSibling).toHaveTextContent("15.00 EUR");
	expect(screen.getByText("Total").nextElementSibling).toHaveTextContent("25.00 EUR");
	expect(screen.getByText("Largest wallet").nextElementSibling).toHaveTextContent("10.00 EUR");
	expect(await row("Research")).toHaveTextContent("10.00 EUR");
	expect(await complaints()).toEqual([]);
});

test("b6 a wallet is made with credit, and what can't be is said at its field", async () => {
	const { core, user } = await open();
	await user.click(await screen.findByRole("button", { name: "New wallet…" }));
	const dialog = await screen.findByRole("dialog", { name: "New wallet" });
	await user.type(within(dialog).getByRole("textbox", { name: "Name" }), "Production");
	const amount = within(dialog).getByRole("textbox", { name: "Credit to begin with" });
	await user.type(amount, "99");
	await user.click(within(dialog).getByRole("button", { name: "Make wallet" }));
	expect(await within(dialog).findByText("There are only 15.00 EUR; give that or less.")).toBeVisible();
	expect(amount).toHaveAttribute("aria-invalid", "true");
	expect(await complaints()).toEqual([]);
	await user.clear(amount);
	await user.type(amount, "5");
	await user.click(within(dialog).getByRole("button", { name: "Make wallet" }));
	expect(await row("Production")).toHaveTextContent("5.00 EUR");
	expect(drafts(core, "create_wallet").at(-1)).toEqual({ name: "Production", assign: "5" });
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
});

test("b6 credit is assigned, and given back", async () => {
	const { core, user } = await open();
	await user.click(await screen.findByRole("button", { name: "Assign credit to Research" }));
	const assign = await screen.findByRole("dialog", { name: "Assign credit to Research" });
	await user.type(within(assign).getByRole("textbox", { name: "Amount" }), "2.50");
	await user.click(within(assign).getByRole("button", { name: "Assign credit" }));
	await waitFor(async () => expect(await row("Research")).toHaveTextContent("12.50 EUR"));
	await user.click(screen.getByRole("button", { name: "Move credit of Research" }));
	const back = await screen.findByRole("dialog", { name: "Move credit of Research" });
	await user.type(within(back).getByRole("textbox", { name: "Amount" }), "12.50");
	await user.click(within(back).getByRole("button", { name: "Give credit back" }));
	await waitFor(async () => expect(await row("Research")).toHaveTextContent("0.00 EUR"));
	expect(drafts(core, "move_credit")).toEqual([
		{ from: "wal_rest", to: "wal_research", amount: "2.50" },
		{ from: "wal_research", to: "wal_rest", amount: "12.50" },
	]);
	// Empty, it can be archived.
	await user.click(screen.getByRole("button", { name: "Archive Research" }));
	await user.click(await screen.findByRole("button", { name: "Archive wallet" }));
	expect(await screen.findByText("No wallet yet")).toBeVisible();
});

test("b6 a wallet is renamed", async () => {
	const { user } = await open();
	await user.click(await screen.findByRole("button", { name: "Rename Research" }));
	const dialog = await screen.findByRole("dialog", { name: "Rename Research" });
	const name = within(dialog).getByRole("textbox", { name: "Name" });
	await user.clear(name);
	await user.type(name, "Lab");
	await user.click(within(dialog).getByRole("button", { name: "Rename wallet" }));
	expect(await row("Lab")).toBeVisible();
});

test("b5 the ledger is listed, filtered and saved", async () => {
	const { core, user } = await open();
	const table = await screen.findByRole("table", { name: "Movements" });
	expect(within(table).getAllByRole("row")).toHaveLength(4);
	expect(within(table).getByText("what the organization began with")).toBeVisible();
	await user.selectOptions(screen.getByRole("combobox", { name: "Type" }), "Starting credit");
	await waitFor(() =>
		expect(within(screen.getByRole("table", { name: "Movements" })).getAllByRole("row")).toHaveLength(2),
	);
	await user.click(screen.getByRole("button", { name: "Save as CSV" }));
	expect(await screen.findByText("Saved as /home/mara/Downloads/keystead-ledger.csv.")).toBeVisible();
	expect(core.asked.filter(({ command }) => command === "save_ledger").at(-1)?.given).toMatchObject({
		query: { kind: "starting_credit", walletId: null },
	});
	await user.selectOptions(screen.getByRole("combobox", { name: "Type" }), "Charged");
	expect(await screen.findByText("No movement fits.")).toBeVisible();
	expect(await complaints()).toEqual([]);
});

test("b5 older movements come when they are asked for", async () => {
	const { user } = await open((core) => {
		core.money.move({ from: "wal_rest", to: "wal_research", amount: "1" });
	});
	const table = await screen.findByRole("table", { name: "Movements" });
	expect(within(table).getAllByRole("row")).toHaveLength(4);
	await user.click(screen.getByRole("button", { name: "Show older movements" }));
	await waitFor(() => expect(within(table).getAllByRole("row")).toHaveLength(6));
	expect(screen.queryByRole("button", { name: "Show older movements" })).toBeNull();
});

test("b6 offline the wallets are shown, and nothing is moved", async () => {
	const { core } = await open((fake) => fake.goOffline());
	expect(await row("Research")).toHaveTextContent("10.00 EUR");
	const assign = screen.getByRole("button", { name: "Assign credit to Research" });
	expect(assign).toHaveAttribute("aria-disabled", "true");
	expect(assign).toHaveAccessibleDescription(/Credit is moved at the server/);
	expect(await screen.findByText(/Movements are read from the server/)).toBeVisible();
	expect(core.asked.some(({ command }) => command === "ledger")).toBe(false);
	expect(await complaints()).toEqual([]);
});

test("b6 who may not manage money is told so", async () => {
	await open((core) => (core.money.refused = "Owner, Admin and Billing may manage wallets."));
	expect(await screen.findByText("Owner, Admin and Billing may manage wallets.")).toBeVisible();
	expect(screen.queryByRole("button", { name: "New wallet…" })).toBeNull();
});
