import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import type { GrantText } from "../ipc/bindings";
import { complaints, start } from "./app";
import { problem, type FakeCore } from "./core";

const matrix: GrantText = {
	serviceId: "distance-matrix",
	policy: "pay_as_you_go",
	models: ["road"],
	walletId: "wal_research",
};
const drafts = ({ asked }: FakeCore, command: string) =>
	asked.filter((one) => one.command === command).map(({ given }) => given.draft);
const granted = (core: FakeCore, grants: GrantText[]) =>
	(core.keys = core.keys.map((key) => (key.name === "matrix-prod" ? { ...key, grants } : key)));

async function panel(user: Awaited<ReturnType<typeof start>>["user"], name: string) {
	await user.click(await screen.findByText(name));
	return screen.findByRole("region", { name: "Key details" });
}

test("k1 a service key is made with the services it may call", async () => {
	const { core, user } = await start();
	await user.click(await screen.findByRole("button", { name: "New key" }));
	const dialog = await screen.findByRole("dialog", { name: "New key" });
	expect(within(dialog).queryByRole("checkbox", { name: "Map tiles" })).toBeNull();
	await user.click(within(dialog).getByRole("radio", { name: "Service key" }));
	await user.type(within(dialog).getByRole("textbox", { name: "Name" }), "matrix");
	await user.click(await within(dialog).findByRole("checkbox", { name: "Map tiles" }));
	await user.click(within(dialog).getByRole("checkbox", { name: "Distance matrix" }));
	const ways = within(dialog).getByRole("group", { name: "Distance matrix is paid for" });
	// There is no job plan, so that way is not offered.
	expect(
		within(ways)
			.getAllByRole("radio")
			.map((radio) => (radio as HTMLInputElement).value),
	).toEqual(["free", "pay_as_you_go"]);
	await user.click(within(ways).getByRole("radio", { name: "Pay as you go" }));
	await user.click(within(dialog).getByRole("checkbox", { name: "Truck" }));
	expect(
		within(dialog).getByRole("combobox", { name: "Wallet that pays for Distance matrix" }),
	).toHaveDisplayValue("Research (10.00 EUR)");
	expect(await complaints()).toEqual([]);
	await user.click(within(dialog).getByRole("button", { name: "Create key" }));
	await screen.findByRole("dialog", { name: "Your new secret" });
	expect(drafts(core, "create_key")).toMatchObject([
		{
			kind: "service",
			name: "matrix",
			grants: [{ serviceId: "map-tiles", policy: "free", models: [], walletId: null }, matrix],
		},
	]);
});

test("k5 what a request costs is worked out while its parameters are played with", async () => {
	const { user } = await start((core) => granted(core, [matrix]));
	const details = await panel(user, "matrix-prod");
	await user.click(await within(details).findByRole("button", { name: "Edit services" }));
	const dialog = await screen.findByRole("dialog", { name: "Services of matrix-prod" });
	await user.click(await within(dialog).findByText("What a request to Distance matrix costs"));
	const cost = await within(dialog).findByRole("status", { name: "Expected cost" });
	await waitFor(() => expect(cost).toHaveTextContent("0.041 EUR"));
	const origins = within(dialog).getByRole("textbox", { name: "Origins" });
	await user.clear(origins);
	await user.type(origins, "25");
	await waitFor(() => expect(cost).toHaveTextContent("0.101 EUR"));
	expect(await complaints()).toEqual([]);
});

test("k5 services of a key are shown and edited, and a refusal stands at them", async () => {
	const { core, user } = await start((fake) => granted(fake, [matrix]));
	const details = await panel(user, "matrix-prod");
	const card = await within(details).findByRole("region", { name: "Services" });
	expect(card).toHaveTextContent("Distance matrix");
	expect(card).toHaveTextContent("Research pays; there are 10.00 EUR in it");
	await user.click(within(card).getByRole("button", { name: "Edit services" }));
	const dialog = await screen.findByRole("dialog", { name: "Services of matrix-prod" });
	await user.click(await within(dialog).findByRole("checkbox", { name: "Map tiles" }));
	core.failing.set("edit_key", problem("invalid_input", "Choose the wallet that pays.", "grants"));
	await user.click(within(dialog).getByRole("button", { name: "Save services" }));
	expect(await within(dialog).findByText("Choose the wallet that pays.")).toBeVisible();
	core.failing.clear();
	await user.click(within(dialog).getByRole("button", { name: "Save services" }));
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
	expect(drafts(core, "edit_key").at(-1)).toMatchObject({
		seen: { grants: [matrix] },
		made: { grants: [matrix, { serviceId: "map-tiles", policy: "free" }] },
	});
	await waitFor(() => expect(card).toHaveTextContent("Map tiles"));
});

test("k5 a service that left the catalog is shown as such, and can be switched off", async () => {
	const gone: GrantText = { serviceId: "teleport", policy: "free", models: [], walletId: null };
	const { core, user } = await start((fake) => granted(fake, [gone]));
	const details = await panel(user, "matrix-prod");
	expect(await within(details).findByText("Not offered any more")).toBeVisible();
	await user.click(within(details).getByRole("button", { name: "Edit services" }));
	const dialog = await screen.findByRole("dialog", { name: "Services of matrix-prod" });
	await user.click(await within(dialog).findByRole("checkbox", { name: "teleport" }));
	await user.click(within(dialog).getByRole("button", { name: "Save services" }));
	await waitFor(() => expect(drafts(core, "edit_key").at(-1)).toMatchObject({ made: { grants: [] } }));
});

test("k2 the services of the free key are shown, and can't be edited", async () => {
	const { user } = await start();
	const details = await panel(user, "Free service key");
	const card = await within(details).findByRole("region", { name: "Services" });
	expect(card).toHaveTextContent("Map tiles");
	const edit = within(card).getByRole("button", { name: "Edit services" });
	expect(edit).toHaveAttribute("aria-disabled", "true");
	expect(edit).toHaveAccessibleDescription(/every free service is on/);
	expect(await complaints()).toEqual([]);
});

test("k5 services that both changed are chosen whole", async () => {
	const { core, user } = await start((fake) => {
		granted(fake, [matrix]);
		const row = fake.keys.find(({ name }) => name === "matrix-prod");
		if (row === undefined) throw new Error("no such key");
		fake.queueEdit(row, { grants: [] });
		fake.editElsewhere(row.id, { grants: [{ ...matrix, models: ["truck"] }] });
		fake.confirm();
	});
	const details = await panel(user, "matrix-prod");
	await user.click(await within(details).findByRole("button", { name: "Decide…" }));
	const dialog = await screen.findByRole("dialog", { name: "Decide on matrix-prod" });
	const services = await within(dialog).findByRole("group", { name: "Services" });
	expect(within(services).queryByRole("radio", { name: "Another wording" })).toBeNull();
	await user.click(within(services).getByRole("radio", { name: "Mine" }));
	await user.click(within(dialog).getByRole("button", { name: "Decide" }));
	await waitFor(() => expect(drafts(core, "decide_edit")).toMatchObject([{ made: { grants: [] } }]));
});
