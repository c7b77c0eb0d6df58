// A core made of memory, behind the real IPC boundary: it answers the commands by the names and shapes of
// bindings.ts, so that the tests and the look go through the same door as the program.
import type {
	AppError,
	BulkRefusal,
	BulkReport,
	Boot,
	ConnectionView,
	CreatedKey,
	CreditDraft,
	ErrorCode,
	EstimateDraft,
	ImportProgress,
	InspectReport,
	InviteDraft,
	IssuerDraft,
	KeyDetail,
	KeyDraft,
	KeyEditDraft,
	KeyQuery,
	KeyRow,
	KeyText,
	KeychainStatus,
	LedgerQuery,
	LockStatus,
	LockWish,
	Opened,
	PendingChange,
	Preferences,
	RemovalPreview,
	RotationStep,
	RotationView,
	ScanProgress,
	ScanReport,
	ServerCard,
	Stop,
	SyncStatus,
	Topic,
	UsageView,
	WalletDraft,
} from "../ipc/bindings";
import { FakeCatalog } from "./catalog";
import { firstRequestOf } from "./firstRequest";
import { FakeGroups } from "./groups";
import { FakeImports } from "./imports";
import { CHECKSUM, inspected, pageOf } from "./listing";
import { FakeMoney } from "./money";
import { FakeOutbox, textOf, type Wanted } from "./outbox";
import { FakeIssuers } from "./issuers";
import { FakeAccount } from "./account";
import { FakeKeyTokens } from "./keyTokens";
import { FakePeople } from "./people";
import { radarOf } from "./radar";
import { FakeRotations } from "./rotations";
import { isRecent, overlapRefusal, rulesOf, stepRule } from "./rules";
import { ago, here, northwind, opened, prefixes, sampleKeys } from "./sample";

type Given = Record<string, unknown>;

export const BODY = "7Hq2VmX9tLc4Rz0BykW8nP5s3FdJeU";
export const RECOVERY = "7K2M-9XQ4-0M30-E209-185G-R38E-1W81-24GK-2K2C";

export function problem(code: ErrorCode, message: string, field: string | null = null): AppError {
	return { code, message, field, details: null };
}

function checkName(name: string) {
	if (name.trim() === "")
		throw problem("invalid_input", "The key's name is empty; write something.", "name");
}

function checkOverlap(seconds: number) {
	const reason = overlapRefusal(seconds);
	if (reason !== null) throw problem("invalid_input", reason, "overlapSeconds");
}

export class FakeCore {
	connections: ConnectionView[] = [northwind];
	current: string | null = northwind.id;
	lock: LockStatus = { locked: false, ready: false, afterMinutes: null, onSleep: false };
	keychain: KeychainStatus = { kind: "os", name: "GNOME Keyring" };
	preferences: Preferences = { theme: "system", expiryNotices: true };
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
		exposed: false,
	};
	/** The names of the keys whose end is near. */
	expiring: string[] = [];
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
	tellImport: (progress: ImportProgress) => void = () => {};
	/** Files of this computer, by their paths: below a folder are those that begin so. */
	files = new Map<string, string>();
	/** What is on the clipboard. */
	clipboard = "";
	/** What the person will choose in the system's dialog. */
	chosen: string[] = [];
	/** What the search will say beside its findings. */
	scanned: Partial<ScanReport> = {};
	#outbox = new FakeOutbox();
	readonly people = new FakePeople();
	readonly money = new FakeMoney((message, field) =>
		Object.assign(new Error(message), problem("invalid_input", message, field)),
	);
	readonly rotations = new FakeRotations();
	readonly catalog = new FakeCatalog();
	readonly imports = new FakeImports();
	readonly groups = new FakeGroups(this);
	readonly issuers = new FakeIssuers(this.people, this.groups);
	readonly tokens = new FakeKeyTokens();
	readonly account = new FakeAccount();
	/** What an operation carries besides its key. */
	#carried = new Map<string, { secretId: string; overlapSeconds: number } | RotationStep>();
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
		this.keys = this.keys.map((key) => this.#outbox.send(key, this.#carry));
		this.sync = { ...this.sync, state: "synced", lastSyncedAt: new Date().toISOString() };
		this.announce(["keys", "outbox", "sync"]);
	}

	/** What the server does of what is no edit. */
	#carry = (row: KeyRow, { operation, operationId }: Wanted): KeyRow => {
		const carried = this.#carried.get(operationId);
		if (operation === "revoke") return { ...row, state: "revoked" };
		if (operation === "pause") return { ...row, state: "paused" };
		if (operation === "resume") return { ...row, state: this.rotations.state(row) };
		if (carried === undefined) return row;
		return "secretId" in carried
			? this.rotations.rotate(row, carried.secretId, CHECKSUM.slice(-4), carried.overlapSeconds)
			: this.rotations.step(row, carried);
	};

	/** A rotation that is under way, its secrets used so long ago. */
	rotating(name: string, since: { began: number; oldUsed: number | null; newUsed: number | null }) {
		const row = this.keys.find((key) => key.name === name);
		if (row === undefined) throw new Error(`no key ${name}`);
		const rotated = this.rotations.rotate(
			row,
			`secret_new-${row.id}`,
			"9fQa",
			7 * 86_400 - since.began / 1_000,
		);
		this.rotations.age(rotated, since);
		this.keys = this.keys.map((key) => (key.id === row.id ? rotated : key));
	}

	/** A key that is paused. */
	paused(name: string) {
		this.keys = this.keys.map((key) => (key.name === name ? { ...key, state: "paused" } : key));
	}

	queue(row: KeyRow, operation: "create" | "revoke" | "pause" | "resume", message: string | null = null) {
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
		const viewer = this.connections[0]?.role === "viewer";
		const rotation = this.#rotation(known, viewer);
		const paused = row.state === "paused";
		return {
			row,
			createdBy: "Mara Lindqvist",
			revokedAt: row.state === "revoked" ? ago(86_400_000) : null,
			revokedBy: row.state === "revoked" ? "Mara Lindqvist" : null,
			inForceSince: row.pending === null ? (this.#inForce.get(id) ?? row.createdAt) : null,
			useCount: row.lastUsedAt === null ? 0 : 48_210,
			lastUsedFrom: row.lastUsedAt === null ? null : "10.0.0.7",
			secrets: this.rotations.of(known).map((secret) => ({
				...secret,
				onThisComputer: secret.onThisComputer || (secret.id === `secret_${id}` && this.#here.has(id)),
			})),
			tokens: this.tokens.of(id),
			makeToken: this.tokens.makeRule(row),
			pausedAt: paused ? (this.#inForce.get(id) ?? ago(3_600_000)) : null,
			pausedBy: paused ? "Mara Lindqvist" : null,
			rotation,
			people: this.people.members
				.filter((member) => row.people.includes(member.id))
				.map(({ id, name, email }) => ({ id, name, email, inForce: known.people.includes(id) })),
			services: this.money.services(row, this.catalog),
			editServices: {
				allowed: !row.free && !viewer,
				reason: row.free
					? "The services of the free service key can't be edited: every free service is on."
					: viewer
						? "Your role does not allow this."
						: null,
			},
			...rulesOf(row, rotation, viewer),
		};
	}

	#rotation(known: KeyRow, viewer: boolean): RotationView | null {
		const rotation = this.rotations.under(known);
		return rotation && { ...rotation, step: stepRule(this.#outbox.shown(known), viewer) };
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
				requestsPerMinute: draft.requestsPerMinute,
				people: draft.people,
				grants: draft.grants,
				lastUsedAt: null,
				createdAt: ago(0),
				...this.groups.owned(draft.owner ?? null),
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

	#stop(id: string, stop: Stop): KeyDetail {
		if (stop === "revoke") return this.#revoke(id, null);
		const reason = this.#stopReason(id, stop);
		if (reason !== null) throw problem("refused", reason);
		this.#outbox.wantHalt(this.#known(id), stop);
		this.announce(["keys", "outbox", "sync"]);
		return this.#sent(id);
	}

	/** What waits counts as done: a pause that was not sent yet can be taken back. */
	#stopReason(id: string, stop: Stop): string | null {
		const { row } = this.detail(id);
		const opposite = { pause: "resume", resume: "pause", revoke: "" }[stop];
		if (row.pending?.operation === opposite && row.pending.state !== "refused") return null;
		const { pause, resume, revoke } = rulesOf(row, null, this.connections[0]?.role === "viewer");
		return { pause, resume, revoke }[stop].reason;
	}

	#stopMany(ids: string[], stop: Stop, confirmCount: number | null): BulkReport {
		const refused: BulkRefusal[] = [];
		const able: KeyRow[] = [];
		for (const id of ids) {
			const key = this.keys.find((one) => one.id === id);
			const reason = key === undefined ? "This key is not here." : this.#stopReason(id, stop);
			if (key !== undefined && reason === null) able.push(key);
			else refused.push({ keyId: id, keyName: key?.name ?? id, reason: reason ?? "" });
		}
		const used = able.filter(isRecent).length;
		if (stop === "revoke" && used > 0 && confirmCount !== ids.length)
			throw problem(
				"invalid_input",
				`${used} of these keys were used in the last 7 days; type how many you have chosen, ${ids.length}, to revoke them.`,
				"confirmCount",
			);
		for (const row of able) {
			if (stop === "revoke") this.#outbox.want(row, "revoke");
			else this.#outbox.wantHalt(row, stop);
		}
		this.announce(["keys", "outbox", "sync"]);
		const [first] = able;
		if (first !== undefined) this.#sent(first.id);
		return { done: able.length, refused };
	}

	#rotate(id: string, overlapSeconds: number): CreatedKey {
		const { row, rotate } = this.detail(id);
		if (!rotate.allowed) throw problem("refused", rotate.reason ?? "");
		checkOverlap(overlapSeconds);
		const secretId = `secret_new-${id}`;
		this.#carried.set(this.#outbox.want(this.#known(id), "rotate"), { secretId, overlapSeconds });
		this.announce(["keys", "outbox", "sync"]);
		this.#sent(id);
		return {
			keyId: id,
			secretId,
			name: row.name,
			kind: row.kind,
			prefix: row.prefix,
			body: BODY,
			checksum: CHECKSUM,
			storedIn: "os",
		};
	}

	#step(id: string, step: RotationStep): KeyDetail {
		if (step.type === "extend") checkOverlap(step.overlap_seconds);
		if (this.detail(id).rotation === null)
			throw problem("refused", "This key is not being rotated; its rotation has ended.");
		const operation = (
			{ extend: "extend_rotation", finish: "finish_rotation", roll_back: "roll_back_rotation" } as const
		)[step.type];
		this.#carried.set(this.#outbox.want(this.#known(id), operation), step);
		this.announce(["keys", "outbox", "sync"]);
		return this.#sent(id);
	}

	#usage(id: string, hours: number): UsageView {
		if (this.sync.state === "offline")
			throw problem("offline", "The server does not answer. Try again when you are online.");
		return this.rotations.usage(this.#known(id), hours);
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
		const report = inspected(text, this.keys, (row) => this.detail(row.id), this.sync);
		const below = [...this.files.keys()].find((path) => path.startsWith(text) && text.startsWith("/"));
		return { ...report, place: below === undefined ? null : { path: text, folder: below !== text } };
	}

	#scan(paths: string[]): ScanReport {
		const searched = [...this.files].filter(([path]) => paths.some((root) => path.startsWith(root)));
		const counts = { working: 0, ended: 0, unknown: 0, malformed: 0 };
		const keys = new Map<string, KeyDetail>();
		const files = searched.flatMap(([path, text]) => {
			const findings = inspected(text, this.keys, (row) => this.detail(row.id), this.sync).findings.map(
				({ key, offset, ...finding }) => {
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
				},
			);
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

	#paid<Answer>(answer: Answer): Answer {
		this.announce(["money"]);
		return answer;
	}

	#told<Answer>(answer: Answer, topics: Topic[] = ["organization"]): Answer {
		this.announce(topics);
		return answer;
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
		list_keys: ({ query }) =>
			pageOf(
				this.keys.map((key) => this.#outbox.shown(key)),
				query as KeyQuery,
			),
		key_detail: ({ keyId }) => this.detail(keyId as string),
		create_key: ({ draft }) => this.#create(draft as KeyDraft),
		copy_secret: () => ({ clearsInSeconds: 30 }),
		save_secret: () => ({ path: "/home/mara/Downloads/ci-deploy.txt" }),
		edit_key: ({ keyId, draft }) => this.#edit(keyId as string, draft as KeyEditDraft),
		revoke_key: ({ keyId, confirmName }) => this.#revoke(keyId as string, confirmName as string | null),
		stop_key: ({ keyId, stop }) => this.#stop(keyId as string, stop as Stop),
		stop_keys: ({ keyIds, stop, confirmCount }) =>
			this.#stopMany(keyIds as string[], stop as Stop, confirmCount as number | null),
		rotate_key: ({ keyId, overlapSeconds }) => this.#rotate(keyId as string, overlapSeconds as number),
		account_overview: () => this.account.view(this.connections[0]),
		end_sessions: ({ sessionId }) =>
			this.#told(this.account.end(sessionId as string | null), ["account"]),
		make_key_token: ({ keyId }) => this.#told(this.tokens.make(this.#known(keyId as string)), ["keys"]),
		end_key_token: ({ keyId, secretId }) =>
			this.#told(this.tokens.end(keyId as string, secretId as string), ["keys"]),
		step_rotation: ({ keyId, step }) => this.#step(keyId as string, step as RotationStep),
		key_usage: ({ keyId, hours }) => this.#usage(keyId as string, hours as number),
		catalog: () => this.catalog.view,
		estimate: ({ draft }) => this.catalog.estimate(draft as EstimateDraft),
		inspect: ({ text }) => this.#inspect(text as string),
		inspect_clipboard: () => this.#inspect(this.clipboard),
		choose_files: () => this.chosen,
		choose_folder: () => this.chosen,
		scan: ({ paths }) => this.#scan(paths as string[]),
		cancel_scan: () => null,
		expiry_radar: () => {
			const near = this.keys.filter(({ name }) => this.expiring.includes(name));
			return radarOf(near.map(({ id }) => this.detail(id)));
		},
		first_request: ({ keyId }) => {
			const row = this.#outbox.shown(this.#known(keyId as string));
			return firstRequestOf(row, this.#here.has(row.id));
		},
		choose_import: () => this.imports.chosen,
		read_import: ({ path }) => this.imports.preview(path as string),
		start_import: () => this.imports.start(),
		cancel_import: () => null,
		forget_import: () => null,
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
		money: () => this.money.view(),
		create_wallet: ({ draft }) => this.#paid(this.money.create(draft as WalletDraft)),
		rename_wallet: ({ walletId, name }) => this.#paid(this.money.rename(walletId, name)),
		archive_wallet: ({ walletId }) => this.#paid(this.money.archive(walletId)),
		move_credit: ({ draft }) => this.#paid(this.money.move(draft as CreditDraft)),
		ledger: ({ query }) => this.money.ledger(query as LedgerQuery),
		save_ledger: () => ({ path: "/home/mara/Downloads/keystead-ledger.csv" }),
		people: () => this.people.view(),
		invite_people: ({ draft }) => this.#told(this.people.invite(draft as InviteDraft)),
		resend_invitation: ({ invitationId }) => this.#told(this.people.resend(invitationId)),
		cancel_invitation: ({ invitationId }) => this.#told(this.people.cancel(invitationId)),
		change_role: ({ memberId, role }) => this.#told(this.people.change(memberId, role)),
		remove_member: ({ memberId }) => this.#told(this.people.remove(memberId)),
		leave_organization: () => null,
		issuers: () => this.issuers.page(),
		look_at_issuer: () => this.issuers.found,
		add_issuer: ({ draft }) => this.#told(this.issuers.add(draft as IssuerDraft)),
		map_subject: ({ subject, principal }) => this.#told(this.issuers.map(subject, principal)),
		map_by_email: ({ on }) => this.#told(this.issuers.byEmail(on)),
		remove_issuer: ({ issuerId }) => this.#told(this.issuers.remove(issuerId)),
		check_token: () => this.issuers.check,
		look_at_invitation: () => this.people.seen,
		accept_invitation: () => this.#enter(northwind),
		sign_in_with_invitation: () => this.#enter(northwind),
		join_with_invitation: () => this.#enter(northwind),
		memberships: () => this.people.memberships,
		open_membership: () => this.#enter(northwind),
		...this.groups.acts,
		set_preferences: ({ preferences }) => (this.preferences = preferences as Preferences),
	};
}
