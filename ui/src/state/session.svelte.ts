// Which stage the window is at: waiting for the keychain, choosing where keys live, opening a workspace, or
// in one. The core decides; this keeps its answers and asks the next question.
import { createContext } from "svelte";
import { dismissAll, say } from "../kit/toasts.svelte";
import type {
	AppError,
	Boot,
	ConnectionView,
	KeychainStatus,
	LockStatus,
	Opened,
	Preferences,
} from "../ipc/bindings";
import { asAppError } from "../ipc/errors";
import { commands } from "../ipc/tauri";
import { route } from "../route.svelte";

type Stage =
	| { is: "starting" }
	| { is: "not_started"; error: AppError }
	| { is: "locked" }
	| { is: "keychain"; keychain: KeychainStatus }
	| { is: "first_start" }
	| { is: "opening"; connection: ConnectionView }
	| { is: "not_opened"; connection: ConnectionView; error: AppError }
	| { is: "open"; opened: Opened };

function needsAttention(keychain: KeychainStatus): boolean {
	return keychain.kind === "vault" ? !keychain.unlocked : keychain.kind !== "os";
}

export class Session {
	stage = $state.raw<Stage>({ is: "starting" });
	boot = $state.raw<Boot | null>(null);
	/** A connection is being added beside the ones there are. */
	adding = $state(false);
	#opening = 0;

	get connections(): ConnectionView[] {
		return this.boot?.connections ?? [];
	}

	get preferences(): Preferences {
		return this.boot?.preferences ?? { theme: "system", expiryNotices: true };
	}

	get lock(): LockStatus {
		return this.boot?.lock ?? { locked: false, ready: false, afterMinutes: null, onSleep: false };
	}

	begin = async () => {
		try {
			await this.accept(await commands.boot());
		} catch (thrown) {
			this.stage = { is: "not_started", error: asAppError(thrown) };
		}
	};

	/** Goes where a fresh boot answer leads. */
	accept = async (boot: Boot) => {
		this.boot = boot;
		const current = boot.connections.find((connection) => connection.id === boot.current);
		if (boot.lock.locked) this.#lock();
		else if (needsAttention(boot.keychain)) this.stage = { is: "keychain", keychain: boot.keychain };
		else if (current === undefined) this.stage = { is: "first_start" };
		else await this.open(current);
	};

	open = async (connection: ConnectionView) => {
		const opening = ++this.#opening;
		this.adding = false;
		this.stage = { is: "opening", connection };
		try {
			const opened = await commands.openConnection(connection.id);
			if (opening === this.#opening) this.stage = { is: "open", opened };
		} catch (thrown) {
			if (opening !== this.#opening) return;
			const error = asAppError(thrown);
			if (!(await this.#keychainExplains(error))) this.stage = { is: "not_opened", connection, error };
		}
	};

	/** A workspace was made or signed in to; it is open already. */
	entered = async (opened: Opened) => {
		// An answer that was on its way when it locked shows nothing any more.
		if (this.stage.is === "locked") return;
		this.#opening++;
		this.adding = false;
		const before = this.stage.is === "open" ? this.stage.opened.connection.id : null;
		// What was looked at elsewhere is not here.
		if (before !== opened.connection.id) route.go("keys");
		this.stage = { is: "open", opened };
		await this.refresh();
	};

	/** Opens a workspace whose key the keychain has lost. */
	recover = async (connection: ConnectionView, code: string) => {
		await this.entered(await commands.recover(connection.id, code));
	};

	setReplicaAside = async (connection: ConnectionView) => {
		const { movedTo, opened } = await commands.setReplicaAside(connection.id);
		await this.entered(opened);
		say(`The old file was moved to ${movedTo}.`);
	};

	/** Rereads what does not change the stage: the list of connections, the preferences. */
	refresh = async () => {
		try {
			this.boot = await commands.boot();
			if (this.boot.lock.locked) this.#lock();
			else await this.#renew();
		} catch (thrown) {
			say(asAppError(thrown).message, "bad");
		}
	};

	/** The role in the open workspace, or a name, may be another now. */
	async #renew() {
		if (this.stage.is !== "open") return;
		const { opened } = this.stage;
		const now = this.connections.find(({ id }) => id === opened.connection.id);
		if (now === undefined || JSON.stringify(now) === JSON.stringify(opened.connection)) return;
		const renewed = await commands.openConnection(now.id);
		if (this.stage.is === "open" && this.stage.opened === opened)
			this.stage = { is: "open", opened: renewed };
	}

	/** Takes the core's answer on how the lock stands. */
	tellLock = (lock: LockStatus) => {
		if (this.boot !== null) this.boot = { ...this.boot, lock };
	};

	lockNow = async () => {
		try {
			this.tellLock(await commands.lockNow());
			this.#lock();
		} catch (thrown) {
			say(asAppError(thrown).message, "bad");
		}
	};

	/** Nothing that was on the screens stays: they are unmounted, and what toasts said goes with them. */
	#lock() {
		if (this.stage.is === "locked") return;
		this.#opening++;
		this.adding = false;
		dismissAll();
		// Back on the screen one was at, with nothing of it open.
		route.replace(route.tab);
		this.stage = { is: "locked" };
	}

	setTheme = (theme: Preferences["theme"]) => this.#prefer({ theme });

	setExpiryNotices = (expiryNotices: boolean) => this.#prefer({ expiryNotices });

	async #prefer(wish: Partial<Preferences>) {
		const before = this.boot;
		if (before === null) return;
		this.boot = { ...before, preferences: { ...before.preferences, ...wish } };
		try {
			const preferences = await commands.setPreferences({ ...before.preferences, ...wish });
			this.boot = { ...this.boot, preferences };
		} catch (thrown) {
			this.boot = before;
			say(asAppError(thrown).message, "bad");
		}
	}

	async #keychainExplains(error: AppError): Promise<boolean> {
		if (!["keychain_locked", "keychain_absent", "vault_locked"].includes(error.code)) return false;
		await this.refresh();
		if (this.boot === null || !needsAttention(this.boot.keychain)) return false;
		this.stage = { is: "keychain", keychain: this.boot.keychain };
		return true;
	}
}

export const [getSession, setSession] = createContext<Session>();
