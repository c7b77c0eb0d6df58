import { screen, waitFor, within } from "@testing-library/svelte";
import { expect, test } from "vitest";
import { start } from "./app";
import { problem } from "./core";

test("o5 secrets move to a vault behind a passphrase that is chosen twice", async () => {
	const { core, user } = await start(() => {}, "preferences");
	await user.click(await screen.findByRole("button", { name: "Move to a vault…" }));
	const dialog = await screen.findByRole("dialog", { name: "Move secrets to a vault" });
	await user.type(within(dialog).getByLabelText("Passphrase"), "short");
	await user.click(within(dialog).getByRole("button", { name: "Move to a vault" }));
	expect(within(dialog).getByText("Use at least 10 characters.")).toBeVisible();
	expect(within(dialog).getByText("The two passphrases differ.")).toBeVisible();
	expect(core.asked.map(({ command }) => command)).not.toContain("move_to_vault");
	await user.type(within(dialog).getByLabelText("Passphrase"), " but longer now");
	await user.type(within(dialog).getByLabelText("Repeat passphrase"), "short but longer now");
	await user.click(within(dialog).getByRole("button", { name: "Move to a vault" }));
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
	expect(await screen.findByText("Passphrase vault")).toBeVisible();
	expect(screen.getByText("Secrets are in the vault.")).toBeVisible();
});

test("o5 a move that cannot be made says why, and nothing has moved", async () => {
	const { core, user } = await start((core) => {
		core.keychain = { kind: "vault", unlocked: true };
		core.failing.set("move_to_os_keychain", problem("keychain_absent", "This computer has no keychain."));
	}, "preferences");
	await user.click(await screen.findByRole("button", { name: "Move to this computer's keychain…" }));
	const act = await screen.findByRole("button", { name: "Move to this computer's keychain" });
	await user.click(act);
	expect(await screen.findByText("This computer has no keychain.")).toBeVisible();
	core.failing.clear();
	await user.click(act);
	await waitFor(() => expect(screen.queryByRole("dialog")).toBeNull());
	expect(await screen.findByText("GNOME Keyring")).toBeVisible();
});

test("o5 the vault's passphrase is changed by who knows it", async () => {
	const { core, user } = await start((core) => {
		core.keychain = { kind: "vault", unlocked: true };
		core.failing.set(
			"change_vault_passphrase",
			problem("invalid_input", "This is not the passphrase.", "current"),
		);
	}, "preferences");
	await user.click(await screen.findByRole("button", { name: "Change passphrase…" }));
	const current = await screen.findByLabelText("Current passphrase");
	await waitFor(() => expect(current).toHaveFocus());
	await user.type(current, "wrong");
	await user.type(screen.getByLabelText("New passphrase"), "seven new words");
	await user.type(screen.getByLabelText("Repeat new passphrase"), "seven new words");
	await user.click(screen.getByRole("button", { name: "Change passphrase" }));
	expect(await screen.findByText("This is not the passphrase.")).toBeVisible();
	expect(current).toBeInvalid();
	core.failing.clear();
	await user.click(screen.getByRole("button", { name: "Change passphrase" }));
	expect(await screen.findByText("The vault has its new passphrase.")).toBeVisible();
});
