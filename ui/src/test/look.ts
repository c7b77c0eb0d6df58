// The program over a core made of memory, in the situation the address asks for
// (`?as=offline#/inspect`). For looking at the screens; never part of what ships.
import { FakeCore, problem } from "./core";
import { installCore } from "./install";
import { ago, here, northwind, sampleKeys } from "./sample";

const situations: Record<string, (core: FakeCore) => void> = {
	first: (core) => Object.assign(core, { connections: [], current: null }),
	here: (core) => Object.assign(core, { connections: [here, northwind], current: here.id }),
	empty: (core) => Object.assign(core, { keys: [] }),
	many: (core) => Object.assign(core, { keys: sampleKeys(100_000), connections: [northwind, here] }),
	viewer: (core) => Object.assign(core, { connections: [{ ...northwind, role: "viewer" }] }),
	locked: (core) => {
		core.keychain = { kind: "locked", message: "The keychain of this computer is locked." };
	},
	absent: (core) => {
		core.keychain = { kind: "absent", message: "This computer has no keychain that Keystead can use." };
	},
	vault: (core) => (core.keychain = { kind: "vault", unlocked: false }),
	damaged: (core) => {
		const message =
			"The offline copy of Northwind Routing cannot be read: page 12 does not decrypt. Nothing was changed. Set the file aside to download a fresh one; changes that were not sent are in the old file.";
		core.failing.set("open_connection", { ...problem("replica_damaged", message), details: "page 12" });
		core.connections = [northwind, here];
	},
	expired: (core) => Object.assign(core.people.seen, { state: "expired" }),
	removed: (core) => {
		core.people.members = [];
		core.people.invitations = [];
		core.keys = [];
		const message =
			"You are not a member of this organization any more: you were removed, or left; the copy on this computer was emptied.";
		core.sync = { ...core.sync, state: "failed", problem: problem("not_a_member", message) };
	},
	offline: (core) => {
		const [first, second, third] = core.keys;
		if (first) core.queue(first, "revoke");
		if (second) core.queue({ ...second, name: "edge-cache" }, "create");
		if (third)
			core.queue(third, "revoke", "The server refused it: only Owners and Admins may revoke keys.");
		core.sync = { ...core.sync, state: "offline", since: ago(120_000), lastSyncedAt: ago(180_000) };
	},
	edits: (core) => {
		const [first, second, third, fourth] = core.keys;
		if (!first || !second || !third || !fourth) return;
		core.queueEdit(first, { name: "ci-release", description: "deploys releases to production" });
		core.editElsewhere(first.id, { name: "ci-main", description: "deploys main to staging" });
		core.confirm();
		core.queueEdit(second, { name: "matrix-prod", description: "nightly export of invoices" });
		core.mark(second, "refused", "Another key has this name.");
		core.queueEdit(third, { name: "matrix-eu" });
		core.mark(third, "sent");
		core.queueEdit(fourth, { description: "batches for the travelling salesman" });
		core.sync = { ...core.sync, state: "offline", since: ago(120_000), lastSyncedAt: ago(180_000) };
	},
	rotating: (core) => {
		const hour = 3_600_000;
		core.rotating("billing-export", { began: 40 * hour, oldUsed: 3 * hour, newUsed: 20_000 });
		core.rotating("matrix-prod", { began: 120 * hour, oldUsed: 30 * hour, newUsed: 5_000 });
		core.rotating("vendor-acme", { began: 60_000, oldUsed: 5 * hour, newUsed: null });
		core.paused("legacy-import");
		core.paused("tsp-batch");
	},
	away: (core) => {
		const hour = 3_600_000;
		core.rotating("billing-export", { began: 40 * hour, oldUsed: 3 * hour, newUsed: 20_000 });
		core.paused("tsp-batch");
		const [first, , , fourth] = core.keys;
		if (first) core.queue(first, "pause");
		if (fourth) core.queue(fourth, "resume");
		core.sync = { ...core.sync, state: "offline", since: ago(120_000), lastSyncedAt: ago(180_000) };
	},
	signed_out: (core) => (core.sync = { ...core.sync, state: "signed_out" }),
	plain: (core) => {
		Object.assign(core, { connections: [], current: null });
		core.server = { ...core.server, encrypted: false, exposed: true, host: "10.0.0.9", signUp: "closed" };
	},
	syncing: (core) => {
		core.sync = { ...core.sync, state: "syncing", progress: { done: 12_400, total: 100_000 } };
	},
	no_prices: (core) => (core.catalog.view = null),
	slow: (core) => {
		core.held.set("list_keys", new Promise(() => {}));
	},
	failed: (core) => {
		core.failing.set("list_keys", {
			...problem("unexpected", "The offline copy did not answer. Try again."),
			details: "database is locked",
		});
	},
};

const asked = new URLSearchParams(location.search);
const core = installCore(new FakeCore());
situations[asked.get("as") ?? ""]?.(core);
core.preferences = { ...core.preferences, theme: asked.get("theme") === "dark" ? "dark" : "light" };
Object.assign(window, { core });

await import("../main");

// Presses what the address names, one after the other: a row, a button, a choice, a box (`press=ci-deploy,Rotate…`).
for (const name of asked.get("press")?.split(",").filter(Boolean) ?? []) {
	const found = await until(() =>
		[...document.querySelectorAll<HTMLElement>("button, [role=row], label, input[type=checkbox]")]
			.reverse()
			.find((element) => (element.ariaLabel ?? element.textContent).trim().startsWith(name)),
	);
	found.click();
}

async function until<T>(look: () => T | undefined): Promise<T> {
	for (;;) {
		const found = look();
		if (found !== undefined) return found;
		await new Promise((resolve) => setTimeout(resolve, 50));
	}
}
