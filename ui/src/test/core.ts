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
	KeyEditDraft,
	KeyPage,
	KeyQuery,
	KeyRow,
	KeyText,
	KeychainStatus,
	LockStatus,
	LockWish,
	Opened,
	PendingChange,
	Preferences,
	RemovalPreview,
	ScanProgress,
	ScanReport,
	ServerCard,
	SyncStatus,
	Topic,
} from "../ipc/bindings";
import { FakeOutbox, textOf } from "./outbox";
import { ago, here, northwind, opened, prefixes, sampleKeys } from "./sample";

type Given = Record<string, unknown>;

export const BODY = "7Hq2VmX9tLc4Rz0BykW8nP5s3FdJeU";
export const CHECKSUM = "1aQw9z";
export const RECOVERY = "7K2M-9XQ4-0M30-E209-185G-R38E-1W81-24GK-2K2C";

export function problem(code: ErrorCode, message: string, field: string | null = null): AppError {
	return { code, message, field, details: null };
}

function checkName(name: string) {
	if (name.trim() === "")
		throw problem("invalid_input", "The key's name is empty; write something.", "name");
}

export class FakeCore {
	connections: ConnectionView[] = [northwind];
	current: string | null = northwind.id;
	lock: LockStatus = { locked: false, ready: false, afterMinutes: null, onSleep: false };
	keychain: KeychainStatus = { kind: "os", name: "GNOME Keyring" };
	preferences: Preferences = { theme: "system" };
	/** The keys as the server has them, and those it is to make. */
	keys: KeyRow[] = sampleKeys();
	sync: Omit<SyncStatus, "waiting" | "needsYou"> = {
		state: "synced",
		lastSyncedAt: ago(60_000),
		since: ago(60_000),
		progress: null,
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
	/** Why the server refuses what it is told, when it does. */
	refuses: string | null = null;
	/** Commands that wait until the promise is settled. */
	held = new Map<string, Promise<unknown>>();
	/** Every command that was asked, with what it was given. */
	asked: { command: string; given: Given }[] = [];
	announce: (topics: Topic[]) => void = () => {};
	tellProgress: (progress: ScanProgress) => void = () => {};
	/** Files of this computer, by their paths: below a folder are those that begin so. */
	files = new Map<string, string>();
	/** What is on the clipboard. */
	clipboard = "";
	/** What the person will choose in the system's dialog. */
	chosen: string[] = [];
	/** What the search will say beside its findings. */
	scanned: Partial<ScanReport> = {};
	#outbox = new FakeOutbox();
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

	get pending(): PendingChange[] {
		return this.#outbox.list(this.keys);
	}

	goOffline() {
		this.sync = { ...this.sync, state: "offline", since: ago(0) };
		this.announce(["sync"]);
	}

	goLocked(): LockStatus {
		this.lock = { ...this.lock, locked: true };
		this.announce(["keychain"]);
		return this.lock;
	}

	/** The server answers: what waited is in force, or somebody else changed the same. */
	confirm() {
		for (const { keyId, state } of this.pending)
			if (state !== "refused" && state !== "conflict")
				this.#inForce.set(keyId, new Date().toISOString());
		this.keys = this.keys.map((key) => this.#outbox.send(key));
		this.sync = { ...this.sync, state: "synced", lastSyncedAt: new Date().toISOString() };
		this.announce(["keys", "outbox", "sync"]);
	}

	queue(row: KeyRow, operation: "create" | "revoke", message: string | null = null) {
		this.keys = [row, ...this.keys.filter((key) => key.id !== row.id)];
		this.#outbox.want(row, operation);
		if (message !== null) this.#outbox.mark(row.id, "refused", message);
		this.announce(["keys", "outbox", "sync"]);
	}

	/** An edit that waits. */
	queueEdit(row: KeyRow, made: Partial<KeyText>) {
		this.#outbox.wantEdit(row, textOf(row), { ...textOf(row), ...made });
		this.announce(["keys", "outbox", "sync"]);
	}

	/** How far what waits of a key has come. */
	mark(row: KeyRow, state: PendingChange["state"], message: string | null = null) {
		this.#outbox.mark(row.id, state, message);
		this.announce(["keys", "outbox", "sync"]);
	}

	/** Somebody else edits a key, and this computer hears of it. */
	editElsewhere(id: string, text: Partial<KeyText>) {
		this.keys = this.keys.map((key) => (key.id === id ? { ...key, ...text } : key));
		this.announce(["keys", "outbox"]);
	}

	/** A key is gone, or may not be seen any more. */
	lose(id: string) {
		this.keys = this.keys.filter((key) => key.id !== id);
		this.announce(["keys", "outbox"]);
	}

	detail(id: string): KeyDetail {
		const known = this.keys.find((key) => key.id === id);
		if (known === undefined) {
			throw problem("not_found", "There is no such key in this workspace. It may have been removed.");
		}
		const row = this.#outbox.shown(known);
		const isViewer = this.connections[0]?.role === "viewer";
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
			edit: {
				allowed: row.state !== "revoked" && !isViewer,
				reason: isViewer
					? "Owners and Admins may edit keys. Ask one of them."
					: row.state === "revoked"
						? "This key is revoked; it stays as it was."
						: null,
			},
			revoke: {
				allowed: !row.free && row.state !== "revoked" && !isViewer,
				reason: row.free
					? "The free service key comes with the account and cannot be revoked."
					: isViewer
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
		if (!this.connections.some(({ id }) => id === connection.id))
			this.connections = [...this.connections, connection];
		this.current = connection.id;
		return opened(connection);
	}

	#list({ search, kinds, states, expiresWithinDays, sort, offset, limit }: KeyQuery): KeyPage {
		const horizon = expiresWithinDays === null ? null : ago(-expiresWithinDays * 86_400_000);
		const shown = this.keys.map((key) => this.#outbox.shown(key));
		const found = shown.filter(
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
		checkName(draft.name);
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
		this.queue(this.#known(id), "revoke");
		return this.#sent(id);
	}

	#edit(id: string, { seen, made }: KeyEditDraft): KeyDetail {
		if (!this.detail(id).edit.allowed) throw problem("refused", this.detail(id).edit.reason ?? "");
		if (this.#outbox.of(id).some(({ state }) => state === "conflict"))
			throw problem("refused", "An earlier edit of this key has still to be decided.");
		return this.#wantEdit(id, seen, made);
	}

	#decide(operationId: string, { seen, made }: KeyEditDraft): null {
		const id = this.#outbox.keyOf(operationId);
		if (id === null || this.#outbox.state(operationId) !== "conflict")
			throw problem("not_found", "There is nothing to decide here any more.");
		this.#wantEdit(id, seen, made);
		return null;
	}

	#wantEdit(id: string, seen: KeyText, made: KeyText): KeyDetail {
		checkName(made.name);
		const text = this.#outbox.wantEdit(this.#known(id), seen, made);
		if (text !== null) this.keys = this.keys.map((key) => (key.id === id ? { ...key, ...text } : key));
		this.announce(["keys", "outbox", "sync"]);
		return this.#sent(id);
	}

	#known(id: string): KeyRow {
		const known = this.keys.find((key) => key.id === id);
		if (known === undefined) throw problem("not_found", "There is no such key in this workspace.");
		return known;
	}

	/** As it is wanted; the server answers a moment later, where it is there. */
	#sent(id: string): KeyDetail {
		if (this.sync.state === "synced") setTimeout(() => this.#answerTo(id));
		return this.detail(id);
	}

	#answerTo(id: string) {
		if (this.refuses === null) return this.confirm();
		this.#outbox.mark(id, "refused", this.refuses);
		this.announce(["keys", "outbox", "sync"]);
	}

	#status(): SyncStatus {
		const { waiting, needsYou } = this.#outbox;
		return { ...this.sync, waiting, needsYou };
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
						? `A secret of ${row.name}, and it works. If you found it where it does not belong, revoke the key.`
						: right
							? "A well-formed Keystead secret that no key of this workspace has."
							: "It looks like a Keystead secret, but its checksum is wrong: it cannot work anywhere.",
					key: known ? this.detail(row.id) : null,
					secretId: known ? `secret_${row.id}` : null,
					offset: match.index,
				};
			},
		);
		const below = [...this.files.keys()].find((path) => path.startsWith(text) && text.startsWith("/"));
		return {
			findings,
			place: below === undefined ? null : { path: text, folder: below !== text },
			truncated: false,
			characters: text.length,
			asOf: this.sync.lastSyncedAt,
			offlineSince: this.sync.state === "offline" ? this.sync.since : null,
		};
	}

	#scan(paths: string[]): ScanReport {
		const searched = [...this.files].filter(([path]) => paths.some((root) => path.startsWith(root)));
		const counts = { working: 0, ended: 0, unknown: 0, malformed: 0 };
		const keys = new Map<string, KeyDetail>();
		const files = searched.flatMap(([path, text]) => {
			const findings = this.#inspect(text).findings.map(({ key, offset, ...finding }) => {
				const works = key?.row.state === "active";
				if (key !== null) keys.set(key.row.id, key);
				counts[
					key === null
						? finding.checksumRight
							? "unknown"
							: "malformed"
						: works
							? "working"
							: "ended"
				]++;
				const before = text.slice(0, offset).split("\n");
				return {
					...finding,
					works,
					offset,
					line: before.length,
					column: (before.at(-1)?.length ?? 0) + 1,
					keyId: key?.row.id ?? null,
					keyName: key?.row.name ?? null,
					fingerprint: "0".repeat(64),
				};
			});
			return findings.length === 0 ? [] : [{ path, findings, more: 0 }];
		});
		return {
			files,
			keys: [...keys.values()],
			counts,
			capped: false,
			searchedFiles: searched.length,
			searchedBytes: searched.reduce((sum, [, text]) => sum + text.length, 0),
			skipped: [],
			skipCounts: { tooLarge: 0, unreadable: 0, special: 0, links: 0 },
			cancelled: false,
			copyProblem: null,
			asOf: this.sync.lastSyncedAt,
			offlineSince: this.sync.state === "offline" ? this.sync.since : null,
			...this.scanned,
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
		edit_key: ({ keyId, draft }) => this.#edit(keyId as string, draft as KeyEditDraft),
		revoke_key: ({ keyId, confirmName }) => this.#revoke(keyId as string, confirmName as string | null),
		inspect: ({ text }) => this.#inspect(text as string),
		inspect_clipboard: () => this.#inspect(this.clipboard),
		choose_files: () => this.chosen,
		choose_folder: () => this.chosen,
		scan: ({ paths }) => this.#scan(paths as string[]),
		cancel_scan: () => null,
		sync_status: () => this.#status(),
		sync_now: () => this.#status(),
		list_pending: () => this.pending,
		drop_pending: ({ operationId }) => {
			if (this.#outbox.state(operationId as string) === "sent")
				throw problem("refused", "This change was sent and may be in force.");
			for (const { keyId } of this.#outbox.drop(operationId as string))
				this.keys = this.keys.filter((key) => key.id !== keyId);
			this.announce(["keys", "outbox", "sync"]);
			return null;
		},
		retry_pending: ({ operationId }) => {
			const id = this.#outbox.keyOf(operationId as string);
			if (id === null || this.#outbox.state(operationId as string) !== "refused")
				throw problem("not_found", "This change is not there any more, or was not refused.");
			this.#outbox.retry(operationId as string);
			this.announce(["keys", "outbox", "sync"]);
			this.#sent(id);
			return null;
		},
		decide_edit: ({ operationId, draft }) => this.#decide(operationId as string, draft as KeyEditDraft),
		set_preferences: ({ preferences }) => (this.preferences = preferences as Preferences),
	};
}
