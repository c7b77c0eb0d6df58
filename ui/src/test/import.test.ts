import { emit } from "@tauri-apps/api/event";
import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { complaints, start } from "./app";
import { problem, type FakeCore } from "./core";
import { importRow, refusedRow } from "./imports";

const dialog = () => screen.findByRole("dialog", { name: "Import keys" });
const asked = (core: FakeCore) => core.asked.map(({ command }) => command);

async function opened(arrange: (core: FakeCore) => void = () => {}) {
	const { core, user } = await start(arrange);
	await user.click(await screen.findByRole("button", { name: "Import…" }));
	return { core, user, within: within(await dialog()) };
}

async function chosen(arrange: (core: FakeCore) => void = () => {}) {
	const all = await opened(arrange);
	await all.user.click(all.within.getByRole("button", { name: "Choose a file…" }));
	return all;
}

test("import a file is looked at before anything is written, its errors first", async () => {
	const { core, within: inside } = await chosen((core) => {
		core.imports.rows = [
			importRow(2, "billing"),
			importRow(3, "ci", "known"),
			refusedRow(4, "", "The hash has 24 characters."),
		];
		core.imports.ignored = ["Owner"];
	});
	expect(await inside.findByText(/1 key can be imported · 1 here already · 1 refused/)).toBeVisible();
	expect(inside.getByText("Not read: Owner")).toBeVisible();
	const [, first, second] = inside.getAllByRole("row");
	expect(first).toHaveTextContent("4No name sk_live_…81MnRefused Hash: The hash has 24 characters.");
	expect(second).toHaveTextContent("2billing sk_live_…81MnNew");
	expect(core.asked.find(({ command }) => command === "read_import")?.given).toEqual({
		path: "/home/mara/keys.csv",
	});
	expect(asked(core)).not.toContain("start_import");
	expect(await complaints()).toEqual([]);
});

test("import by keyboard alone, and the result says what became of it", async () => {
	const { core, user, within: inside } = await opened();
	inside.getByRole("button", { name: "Choose a file…" }).focus();
	await user.keyboard("{Enter}");
	const go = await inside.findByRole("button", { name: "Import 2 keys" });
	go.focus();
	await user.keyboard("{Enter}");
	expect(await inside.findByText("2 keys imported · 1 here already")).toBeVisible();
	expect(await complaints()).toEqual([]);
	inside.getByRole("button", { name: "Close" }).focus();
	await user.keyboard("{Enter}");
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
	expect(asked(core)).toContain("forget_import");
});

test("import a dropped file", async () => {
	const { within: inside } = await opened();
	await waitFor(() => expect(document.body).toBeVisible());
	await emit("tauri://drag-enter", {});
	expect(await inside.findByText("Drop the file to look at it")).toBeVisible();
	await emit("tauri://drag-drop", { paths: ["/home/mara/other.json"], position: { x: 1, y: 1 } });
	expect(await inside.findByText("other.json")).toBeVisible();
});

test("import a file by its path, typed", async () => {
	const { core, user, within: inside } = await opened();
	await user.type(
		inside.getByRole("textbox", { name: "Or the path of the file" }),
		"/home/mara/k.csv{Enter}",
	);
	expect(await inside.findByText("k.csv")).toBeVisible();
	expect(core.asked.find(({ command }) => command === "read_import")?.given).toEqual({
		path: "/home/mara/k.csv",
	});
});

test("import shows how far it is, and is cancelled", async () => {
	let answer: (value: unknown) => void = () => {};
	const {
		core,
		user,
		within: inside,
	} = await chosen((core) => {
		core.held.set("start_import", new Promise((settle) => (answer = settle)));
		core.imports.ends = { after: 1, why: null };
	});
	await user.click(await inside.findByRole("button", { name: "Import 2 keys" }));
	core.tellImport({ done: 1, total: 2 });
	expect(await inside.findByText(/^1\s+of 2 rows answered by the server$/)).toBeVisible();
	expect(inside.getByRole("progressbar", { name: "Imported" })).toHaveAttribute("aria-valuenow", "1");
	await user.click(inside.getByRole("button", { name: "Cancel import" }));
	expect(asked(core)).toContain("cancel_import");
	expect(inside.getByRole("button", { name: "Cancel import" })).toHaveAttribute("aria-busy", "true");
	answer(null);
	expect(await inside.findByText(/The import was cancelled\.\s+1 row not sent\./)).toBeVisible();
	await user.click(inside.getByRole("button", { name: "Import the rest…" }));
	expect(await inside.findByText(/1 key can be imported · 2 here already/)).toBeVisible();
});

test("import that stops half way says why, and offers the rest", async () => {
	const { user, within: inside } = await chosen((core) => {
		core.imports.ends = { after: 1, why: "The server can't be reached." };
	});
	await user.click(await inside.findByRole("button", { name: "Import 2 keys" }));
	expect(await inside.findByText(/The server can't be reached\.\s+1 row not sent\./)).toBeVisible();
	expect(inside.getByRole("button", { name: "Import the rest…" })).toBeVisible();
});

test("import offline looks at the file, and says that the server was not asked", async () => {
	const {
		core,
		user,
		within: inside,
	} = await chosen((core) => {
		core.imports.unasked = "The server can't be reached.";
		core.failing.set("start_import", problem("offline", "The server can't be reached."));
	});
	expect(await inside.findByText(/The server was not asked, so more may be refused\./)).toBeVisible();
	await user.click(inside.getByRole("button", { name: "Import 2 keys" }));
	expect(await inside.findByRole("alert")).toHaveTextContent("The server can't be reached.");
	core.failing.clear();
	await user.click(inside.getByRole("button", { name: "Import 2 keys" }));
	expect(await inside.findByText("2 keys imported · 1 here already")).toBeVisible();
});

test("import a file that can't be read says why, and another is chosen", async () => {
	const {
		core,
		user,
		within: inside,
	} = await chosen((core) => {
		core.failing.set("read_import", problem("invalid_input", "The file has no column hash.", "file"));
	});
	expect(await inside.findByRole("alert")).toHaveTextContent("The file has no column hash.");
	core.failing.clear();
	await user.click(inside.getByRole("button", { name: "Choose a file…" }));
	expect(await inside.findByRole("button", { name: "Import 2 keys" })).toBeVisible();
	core.imports.chosen = null;
	await user.click(inside.getByRole("button", { name: "Choose another file…" }));
	expect(inside.getByRole("button", { name: "Import 2 keys" })).toBeVisible();
});

test("import with nothing new says so", async () => {
	const { within: inside } = await chosen((core) => (core.imports.rows = [importRow(2, "ci", "known")]));
	const go = await inside.findByRole("button", { name: "Import 0 keys" });
	expect(go).toHaveAccessibleDescription("No row of this file is a new key.");
});

test("import is for who may manage keys", async () => {
	await start((core) => (core.connections = core.connections.map((one) => ({ ...one, role: "viewer" }))));
	const button = await screen.findByRole("button", { name: "Import…" });
	expect(button).toHaveAttribute("aria-disabled", "true");
});

test("import a long file shows its first rows, and says how many more", async () => {
	const { within: inside } = await chosen((core) => {
		core.imports.rows = Array.from({ length: 10_000 }, (_, at) => importRow(at + 2, `key ${at}`));
	});
	expect(await inside.findByText("and 9,700 more rows")).toBeVisible();
	expect(inside.getByRole("button", { name: "Import 10,000 keys" })).toBeVisible();
});
