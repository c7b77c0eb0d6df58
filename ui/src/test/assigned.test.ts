import { screen, waitFor, within } from "@testing-library/svelte";
import type { UserEvent } from "@testing-library/user-event";
import { expect, test } from "vitest";
import { complaints, start } from "./app";
import type { FakeCore } from "./core";

async function openKey(arrange?: (core: FakeCore) => void) {
	const begun = await start(arrange, "keys");
	await begun.user.click(await screen.findByRole("row", { name: /ci-deploy/ }));
	return begun;
}

async function assign(user: UserEvent) {
	await user.click(await screen.findByRole("button", { name: "Assign…" }));
	return screen.findByRole("dialog", { name: "Assign ci-deploy" });
}

const card = () => screen.findByRole("region", { name: "Assigned to" });

test("k4 a key is assigned to members, who are told by mail unless that is not wanted", async () => {
	const { core, user } = await openKey();
	expect(await card()).toHaveTextContent("Nobody. Only Owner, Admins and Billing see this key.");
	const dialog = await assign(user);
	await user.click(await within(dialog).findByRole("checkbox", { name: "Chen Wei" }));
	expect(within(dialog).getByText("1 member chosen")).toBeVisible();
	expect(await complaints()).toEqual([]);
	await user.click(within(dialog).getByRole("button", { name: "Save people" }));
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
	const asked = core.asked.find(({ command }) => command === "edit_key")?.given;
	expect(asked).toMatchObject({
		draft: { seen: { people: [] }, made: { people: ["mem_chen"] }, notifyPeople: true },
	});
	expect(await within(await card()).findByText("Chen Wei")).toBeVisible();
});

test("k4 nothing is asked of the server when nothing was changed", async () => {
	const { core, user } = await openKey();
	const dialog = await assign(user);
	await within(dialog).findByRole("checkbox", { name: "Chen Wei" });
	await user.click(within(dialog).getByRole("button", { name: "Save people" }));
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
	expect(core.asked.some(({ command }) => command === "edit_key")).toBe(false);
});

test("k4 among many members one is found by name or address", async () => {
	const { user } = await openKey((core) => {
		for (let at = 0; at < 20; at++) {
			const name = `Driver ${String(at)}`;
			core.people.members.push({
				id: `mem_d${String(at)}`,
				name,
				email: `d${String(at)}@northwind.example`,
				role: "editor",
				days: 1,
			});
		}
	});
	const dialog = await assign(user);
	await user.type(await within(dialog).findByRole("textbox", { name: "Find a member" }), "d7@");
	expect(within(dialog).getAllByRole("checkbox", { name: /Driver|Chen/ })).toHaveLength(1);
	await user.type(within(dialog).getByRole("textbox", { name: "Find a member" }), "zzz");
	expect(within(dialog).getByText(/No member has “d7@zzz”/)).toBeVisible();
});

test("k4 a new key can be assigned at once", async () => {
	const { core, user } = await start(undefined, "keys");
	await user.click(await screen.findByRole("button", { name: "New key" }));
	const dialog = await screen.findByRole("dialog", { name: "New key" });
	await user.type(within(dialog).getByRole("textbox", { name: "Name" }), "nightly");
	await user.click(await within(dialog).findByText("Assign it to members"));
	await user.click(within(dialog).getByRole("checkbox", { name: "Chen Wei" }));
	await user.click(within(dialog).getByRole("button", { name: "Create key" }));
	await waitFor(() => {
		const asked = core.asked.find(({ command }) => command === "create_key")?.given;
		expect(asked).toMatchObject({ draft: { people: ["mem_chen"] } });
	});
});
