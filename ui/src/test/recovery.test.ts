import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { start } from "./app";
import { problem, RECOVERY, type FakeCore } from "./core";

const [FIRST = ""] = RECOVERY.split("-");

function keyLost(core: FakeCore) {
	core.recoveryMadeAt = "2026-03-12T10:42:07Z";
	core.failing.set("open_connection", problem("replica_key_missing", "The keychain has no key for it."));
}

test("o5 a recovery code is made, shown once, and handled by the core", async () => {
	const { core, user } = await start(() => {}, "connections");
	await user.click(await screen.findByRole("button", { name: "Recovery code of Northwind Routing" }));
	const before = await screen.findByRole("dialog", { name: "Recovery code" });
	expect(within(before).queryByText(/opens nothing once a new one is made/)).toBeNull();
	await user.click(await within(before).findByRole("button", { name: "Make recovery code" }));
	const dialog = await screen.findByRole("dialog", { name: "Your new recovery code" });
	const shown = within(dialog).getByRole("group", { name: "Recovery code" });
	expect(shown.textContent).toBe(RECOVERY);
	expect(shown).toHaveFocus();
	await user.click(within(dialog).getByRole("button", { name: "Copy" }));
	expect(await within(dialog).findByText("Copied; leaves the clipboard in 30 s")).toBeVisible();
	await user.click(within(dialog).getByRole("button", { name: "Save as text" }));
	expect(await within(dialog).findByText(/^Saved to .*keystead-recovery/)).toBeVisible();
	await user.click(within(dialog).getByRole("button", { name: "Close" }));
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
	expect(document.documentElement.outerHTML).not.toContain(FIRST);
	expect(core.asked.map(({ command }) => command)).toContain("forget_recovery_code");
	expect(JSON.stringify(core.asked)).not.toContain(FIRST);
});

test("o5 a new recovery code says what becomes of the old one", async () => {
	const { user } = await start((core) => (core.recoveryMadeAt = "2026-03-12T10:42:07Z"), "connections");
	await user.click(await screen.findByRole("button", { name: "Recovery code of Northwind Routing" }));
	expect(await screen.findByText(/A code was made on 12 March/)).toBeVisible();
	await user.click(await screen.findByRole("button", { name: "Make a new recovery code" }));
	expect(await screen.findByText("The code that was made before opens nothing any more.")).toBeVisible();
});

test("o5 a lost key is brought back by the recovery code, and a wrong one is told at the field", async () => {
	const { core, user } = await start((core) => {
		keyLost(core);
		core.failing.set("recover", problem("invalid_input", "Something in it is mistyped.", "code"));
	});
	const field = await screen.findByRole("textbox", { name: "Recovery code" });
	expect(field).toHaveFocus();
	await user.type(field, "7k2m{Enter}");
	expect(await screen.findByText("Something in it is mistyped.")).toBeVisible();
	expect(field).toHaveAccessibleDescription(/mistyped/);
	expect(field).toHaveValue("7k2m");
	core.failing.delete("recover");
	await user.click(screen.getByRole("button", { name: "Open with recovery code" }));
	expect(await screen.findByRole("heading", { level: 1, name: "Keys" })).toBeVisible();
});

test("o5 where no recovery code was made none is asked for", async () => {
	await start((core) => {
		keyLost(core);
		core.recoveryMadeAt = null;
	});
	expect(await screen.findByText(/^No recovery code was made/)).toBeVisible();
	expect(screen.queryByRole("textbox", { name: "Recovery code" })).toBeNull();
	expect(screen.getByRole("button", { name: "Set the file aside and download again" })).toBeVisible();
});
