// A core made of memory, behind the real IPC boundary: it answers the commands by the names and shapes of
// bindings.ts, so that the tests and the look go through the same door as the program.
import type {
	AppError,
	Boot,
	ConnectionView,
	CreatedKey,
	ErrorCode,
	Finding,
	InspectReport,
	KeyDetail,
	KeyDraft,
	KeyPage,
	KeyQuery,
	KeyRow,
	KeychainStatus,
	LockStatus,
	LockWish,
	Opened,
	PendingChange,
	Preferences,
	RemovalPreview,
	ServerCard,
	SyncStatus,
	Topic,
} from "../ipc/bindings";
import { ago, here, northwind, opened, prefixes, sampleKeys } from "./sample";

type Given = Record<string, unknown>;

export const BODY = "7Hq2VmX9tLc4Rz0BykW8nP5s3FdJeU";
export const CHECKSUM = "1aQw9z";
export const RECOVERY = "7K2M-9XQ4-0M30-E209-185G-R38E-1W81-24GK-2K2C";

export function problem(code: ErrorCode, message: string, field: string | null = null): AppError {
	return { code, message, field, details: null };
}

export class FakeCore {
	connections: ConnectionView[] = [northwind];
	current: string | null = northwind.id;
	lock: LockStatus = { locked: false, ready: false, afterMinutes: null, onSleep: false };
	keychain: KeychainStatus = { kind: "os", name: "GNOME Keyring" };
	preferences: Preferences = { theme: "system" };
	keys: KeyRow[] = sampleKeys();
	pending: PendingChange[] = [];
	sync: SyncStatus = {
		state: "synced",
		lastSyncedAt: ago(60_000),
		since: ago(60_000),
		progress: null,
		waiting: 0,
		problem: null,
	};
	server: ServerCard = {
		url: "https://keys.northwind.example",
		host: "keys.northwind.example",
		name: "Northwind Routing",
		version: "0.1.0",
		region: "eu",
		signUp: "open",
		encrypted: true,
	};
	/** When a recovery code was made. */
	recoveryMadeAt: string | null = null;
	/** Commands that fail, and how. */
	failing = new Map<string, AppError>();
	/** Commands that wait until the promise is settled. */
	held = new Map<string, Promise<unknown>>();
	/** Every command that was asked, with what it was given. */
	asked: { command: string; given: Given }[] = [];
	announce: (topics: Topic[]) => void = () => {};
	#inForce = new Map<string, string>();
	#here = new Set(this.keys.slice(0, 2).map((key) => key.id));

	answer = async (command: string, given: Given = {}): Promise<unknown> => {
		this.asked.push({ command, given });
		await this.held.get(command);
		const failure = this.failing.get(command);
		if (failure !== undefined) throw failure;
		const act = this.#acts[command];
		if (act === undefined) throw new Error(`The fake core has no command ${command}`);
		return act(given);
	};

	goOffline() {
		this.sync = { ...this.sync, state: "offline", since: ago(0), waiting: this.pending.length };
		this.announce(["sync"]);
	}

	goLocked(): LockStatus {
		this.lock = { ...this.lock, locked: true };
		this.announce(["keychain"]);
		return this.lock;
	}

	/** The server answers: what waited is in force. */
	confirm() {
		for (const { keyId } of this.pending) this.#inForce.set(keyId, new Date().toISOString());
		this.keys = this.keys.map((key) => {
			if (key.pending === null) return key;
			return {
				...key,
				pending: null,
				state: key.pending.operation === "revoke" ? "revoked" : key.state,
			};
		});
		this.pending = [];
		this.sync = { ...this.sync, state: "synced", lastSyncedAt: new Date().toISOString(), waiting: 0 };
		this.announce(["keys", "outbox", "sync"]);
	}

	queue(row: KeyRow, operation: "create" | "revoke", message: string | null = null) {
		const state = message === null ? "waiting" : "refused";
		this.pending = [
			...this.pending,
			{
				operationId: `op_${row.id}_${operation}`,
				operation,
				keyId: row.id,
				keyName: row.name,
				queuedAt: ago(0),
				state,
				message,
				attempts: 0,
			},
		];
		this.keys = [
			{ ...row, pending: { operation, state, message } },
			...this.keys.filter((key) => key.id !== row.id),
		];
		this.sync = { ...this.sync, waiting: this.pending.length };
		this.announce(["keys", "outbox", "sync"]);
	}

	detail(id: string): KeyDetail {
		const row = this.keys.find((key) => key.id === id);
		if (row === undefined) {
			throw problem("not_found", "There is no such key in this workspace. It may have been removed.");
		}
		const recent = row.lastUsedAt !== null && Date.now() - Date.parse(row.lastUsedAt) < 7 * 86_400_000;
		return {
			row,
			createdBy: "Mara Lindqvist",
			revokedAt: row.state === "revoked" ? ago(86_400_000) : null,
			revokedBy: row.state === "revoked" ? "Mara Lindqvist" : null,
			inForceSince: row.pending === null ? (this.#inForce.get(id) ?? row.createdAt) : null,
			useCount: row.lastUsedAt === null ? 0 : 48_210,
			lastUsedFrom: row.lastUsedAt === null ? null : "10.0.0.7",
			secrets: [
				{
					id: `secret_${row.id}`,
					prefix: row.prefix,
					lastFour: row.lastFour,
					createdAt: row.createdAt,
					onThisComputer: this.#here.has(id),
				},
			],
			revoke: {
				allowed: !row.free && row.state !== "revoked" && this.connections[0]?.role !== "viewer",
				reason: row.free
					? "The free service key comes with the account and cannot be revoked."
					: this.connections[0]?.role === "viewer"
						? "Owners and Admins may revoke keys. Ask one of them."
						: null,
				nameRequired: recent,
			},
		};
	}

	#boot(): Boot {
		const { connections, current, keychain, lock, preferences } = this;
		const hidden = lock.locked ? { connections: [], current: null } : { connections, current };
		return { ...hidden, keychain, lock, preferences, version: "0.1.0" };
	}

	#enter(connection: ConnectionView): Opened {
		this.connections = [...this.connections.filter(({ id }) => id !== connection.id), connection];
		this.current = connection.id;
		return opened(connection);
	}

	#list({ search, kinds, states, expiresWithinDays, sort, offset, limit }: KeyQuery): KeyPage {
		const horizon = expiresWithinDays === null ? null : ago(-expiresWithinDays * 86_400_000);
		const found = this.keys.filter(
			(key) =>
				`${key.name} ${key.description} ${key.prefix}…${key.lastFour}`
					.toLowerCase()
					.includes(search.toLowerCase()) &&
				(kinds.length === 0 || kinds.includes(key.kind)) &&
				(states.length === 0 || states.includes(key.state)) &&
				(horizon === null || (key.expiresAt !== null && key.expiresAt <= horizon)),
		);
		const by = (key: KeyRow) =>
			({
				name: key.name.toLowerCase(),
				kind: key.kind,
				state: key.state,
				expires: key.expiresAt ?? "9",
				last_used: key.lastUsedAt ?? "0",
				created: key.createdAt,
			})[sort.by];
		found.sort((one, other) => (by(one) < by(other) ? -1 : 1) * (sort.descending ? -1 : 1));
		return {
			total: found.length,
			offset,
			rows: found.slice(offset, offset + limit),
			counts: { all: this.keys.length, expiringSoon: Math.min(4, this.keys.length), unused: 0 },
		};
	}

	#create(draft: KeyDraft): CreatedKey {
		if (draft.name.trim() === "") {
			throw problem("invalid_input", "Give the key a name of 1 to 100 characters.", "name");
		}
		const id = `key_new-${this.keys.length}`;
		this.#here.add(id);
		this.queue(
			{
				id,
				name: draft.name,
				description: draft.description,
				kind: draft.kind,
				free: false,
				prefix: prefixes[draft.kind],
				lastFour: CHECKSUM.slice(-4),
				state: "active",
				expiresAt: draft.expiresAt,
				lastUsedAt: null,
				createdAt: ago(0),
				pending: null,
			},
			"create",
		);
		return {
			keyId: id,
			secretId: `secret_${id}`,
			name: draft.name,
			kind: draft.kind,
			prefix: prefixes[draft.kind],
			body: BODY,
			checksum: CHECKSUM,
			storedIn: "os",
		};
	}

	#revoke(id: string, confirmName: string | null): KeyDetail {
		const { row, revoke } = this.detail(id);
		if (revoke.nameRequired && confirmName !== row.name) {
			throw problem("invalid_input", `Type ${row.name} exactly.`, "confirmName");
		}
		if (this.sync.state === "offline") this.queue(row, "revoke");
		else {
			this.keys = this.keys.map((key) => (key.id === id ? { ...key, state: "revoked" } : key));
			this.announce(["keys"]);
		}
		return this.detail(id);
	}

	#inspect(text: string): InspectReport {
		const findings = [...text.matchAll(/kst_(team|proj|svc|pat)_[0-9A-Za-z]{36}/g)].map(
			(match): Finding => {
				const whole = match[0];
				const right = whole.endsWith(CHECKSUM);
				const row = this.keys.find((key) => whole.endsWith(key.lastFour));
				const known = right && row !== undefined;
				return {
					masked: `${whole.slice(0, 9)}••••••••••••${whole.slice(-4)}`,
					kind: "team",
					checksumRight: right,
					verdict: known ? "known" : right ? "unknown" : "malformed",
					sentence: known
						? "This is the secret of a key of yours. If it was found where it does not belong, revoke it."
						: right
							? "A well-formed Keystead secret that no key of this workspace has."
							: "It looks like a Keystead secret, but its checksum is wrong: it cannot work anywhere.",
					key: known ? this.detail(row.id) : null,
					secretId: known ? `secret_${row.id}` : null,
					offset: match.index,
				};
			},
		);
		return {
			findings,
			truncated: false,
			characters: text.length,
			asOf: this.sync.lastSyncedAt,
			offlineSince: this.sync.state === "offline" ? this.sync.since : null,
		};
	}

	#removal(connection: ConnectionView): RemovalPreview {
		return {
			connection,
			unsentChanges: this.pending,
			secretsHere: 2,
			deletesServer: connection.kind === "this_computer",
		};
	}

	#connection(id: unknown): ConnectionView {
		const found = this.connections.find((connection) => connection.id === id);
		if (found === undefined) throw problem("not_found", "This computer does not know that connection.");
		return found;
	}

	#setKeychain(keychain: KeychainStatus): Boot {
		this.keychain = keychain;
		return this.#boot();
	}

	readonly #acts: Record<string, (given: Given) => unknown> = {
		boot: () => this.#boot(),
		start_here: ({ request }) => {
			const { organizationName } = request as { organizationName: string };
			return this.#enter({ ...here, organizationName });
		},
		start_sample: () =>
			this.#enter({
				...here,
				id: "conn_sample",
				kind: "sample",
				place: "sample data",
				organizationName: "Sample",
			}),
		probe_server: () => this.server,
		sign_up: () => this.#enter(northwind),
		sign_in: () => this.#enter(northwind),
		open_connection: ({ connectionId }) => this.#enter(this.#connection(connectionId)),
		sign_in_again: ({ connectionId }) => {
			this.confirm();
			return opened(this.#connection(connectionId));
		},
		removal_preview: ({ connectionId }) => this.#removal(this.#connection(connectionId)),
		remove_connection: ({ connectionId }) => {
			this.connections = this.connections.filter(({ id }) => id !== connectionId);
			if (this.current === connectionId) this.current = this.connections[0]?.id ?? null;
			return this.#boot();
		},
		set_replica_aside: ({ connectionId }) => ({
			movedTo: "replica.db.aside-1",
			opened: opened(this.#connection(connectionId)),
		}),
		set_lock: ({ wish }) => {
			const { afterMinutes, onSleep } = wish as LockWish;
			this.lock = { locked: false, ready: afterMinutes !== null || onSleep, afterMinutes, onSleep };
			return this.lock;
		},
		touch: () => null,
		lock_now: () => {
			if (!this.lock.ready) throw problem("refused", "Set a passphrase for the lock first.");
			return this.goLocked();
		},
		unlock: () => {
			this.lock = { ...this.lock, locked: false };
			return this.#boot();
		},
		recovery_status: () => ({ madeAt: this.recoveryMadeAt }),
		make_recovery_code: () => {
			const replaced = this.recoveryMadeAt !== null;
			this.recoveryMadeAt = ago(0);
			return { code: RECOVERY, madeAt: this.recoveryMadeAt, replaced };
		},
		copy_recovery_code: () => ({ clearsInSeconds: 30 }),
		save_recovery_code: () => ({ path: "/home/mara/Downloads/keystead-recovery-Northwind-Routing.txt" }),
		forget_recovery_code: () => null,
		recover: ({ connectionId }) => {
			this.failing.delete("open_connection");
			return this.#enter(this.#connection(connectionId));
		},
		create_vault: () => this.#setKeychain({ kind: "vault", unlocked: true }),
		unlock_vault: () => this.#setKeychain({ kind: "vault", unlocked: true }),
		move_to_vault: () => this.#setKeychain({ kind: "vault", unlocked: true }),
		move_to_os_keychain: () => this.#setKeychain({ kind: "os", name: "GNOME Keyring" }),
		change_vault_passphrase: () => null,
		retry_keychain: () => this.#setKeychain({ kind: "os", name: "GNOME Keyring" }),
		list_keys: ({ query }) => this.#list(query as KeyQuery),
		key_detail: ({ keyId }) => this.detail(keyId as string),
		create_key: ({ draft }) => this.#create(draft as KeyDraft),
		copy_secret: () => ({ clearsInSeconds: 30 }),
		save_secret: () => ({ path: "/home/mara/Downloads/ci-deploy.txt" }),
		revoke_key: ({ keyId, confirmName }) => this.#revoke(keyId as string, confirmName as string | null),
		inspect: ({ text }) => this.#inspect(text as string),
		sync_status: () => this.sync,
		sync_now: () => this.sync,
		list_pending: () => this.pending,
		drop_pending: ({ operationId }) => {
			this.pending = this.pending.filter((change) => change.operationId !== operationId);
			this.sync = { ...this.sync, waiting: this.pending.length };
			this.announce(["keys", "outbox"]);
			return null;
		},
		set_preferences: ({ preferences }) => (this.preferences = preferences as Preferences),
	};
}
