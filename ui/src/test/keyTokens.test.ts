import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { complaints, start } from "./app";
import type { FakeCore } from "./core";

async function openKey(arrange: (core: FakeCore, id: string) => void) {
	const begun = await start((core) => {
		const key = core.keys.find(({ name }) => name === "matrix-prod");
		if (key === undefined) throw new Error("no such key");
		arrange(core, key.id);
	}, "keys");
	await begun.user.click(await screen.findByRole("row", { name: /matrix-prod/ }));
	return begun;
}

const card = () => screen.findByRole("region", { name: "Personal tokens" });
const assignToMe = (core: FakeCore, id: string) => {
	core.keys = core.keys.map((key) => (key.id === id ? { ...key, people: ["mem_mara"] } : key));
};

test("k6 an assigned person makes a token of their own, and sees it once", async () => {
	const { core, user } = await openKey(assignToMe);
	expect(await card()).toHaveTextContent("Nobody has one.");
	await user.click(within(await card()).getByRole("button", { name: "Make my token…" }));
	const dialog = await screen.findByRole("dialog", { name: "Your token for matrix-prod" });
	expect(await complaints()).toEqual([]);
	await user.click(within(dialog).getByRole("button", { name: "Make token" }));
	const moment = await screen.findByRole("dialog", { name: "Your new secret" });
	expect(moment).toHaveTextContent("It will not be shown again after you close this.");
	await user.click(within(moment).getByRole("button", { name: "Close" }));
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
	expect(await within(await card()).findByText("Mara Lindqvist (you)")).toBeVisible();
	expect(document.body.textContent).not.toContain("0123456789012345678901234567890");
	expect(core.asked.filter(({ command }) => command === "make_key_token")).toHaveLength(1);

	await user.click(within(await card()).getByRole("button", { name: "Make a new one…" }));
	const again = await screen.findByRole("dialog", { name: "Your token for matrix-prod" });
	expect(again).toHaveTextContent("The token you have, …own1, ends at once.");
});

test("k6 who is not assigned is told so, and an admin ends the token of another", async () => {
	const { user } = await openKey((core, id) => void core.tokens.add(id, "mem_chen", "Chen Wei"));
	const make = within(await card()).getByRole("button", { name: "Make my token…" });
	expect(make).toHaveAttribute("aria-disabled", "true");
	expect(make).toHaveAccessibleDescription("This key is not assigned to you.");
	await user.click(within(await card()).getByRole("button", { name: "End… the token of Chen Wei" }));
	const dialog = await screen.findByRole("dialog", { name: "End a personal token" });
	expect(await complaints()).toEqual([]);
	await user.click(within(dialog).getByRole("button", { name: "End it" }));
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
	expect(await screen.findByText("The token of Chen Wei has ended.")).toBeVisible();
	await waitFor(async () => expect(await card()).toHaveTextContent("Nobody has one."));
});
