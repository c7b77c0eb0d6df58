// What is read of keys without changing them: a page of them, and what a text holds of their secrets.
import type {
	Finding,
	InspectReport,
	KeyDetail,
	KeyPage,
	KeyQuery,
	KeyRow,
	SyncStatus,
} from "../ipc/bindings";
import { ago } from "./sample";

/** How every whole secret here ends. */
export const CHECKSUM = "1aQw9z";

/** Of all keys, those that were asked for. */
export function pageOf(shown: readonly KeyRow[], query: KeyQuery): KeyPage {
	const { search, kinds, states, owner, expiresWithinDays, unusedForDays, sort, offset, limit } = query;
	const stale = ago((unusedForDays ?? 0) * 86_400_000);
	const horizon = expiresWithinDays === null ? null : ago(-expiresWithinDays * 86_400_000);
	const found = shown.filter(
		(key) =>
			`${key.name} ${key.description} ${key.prefix}…${key.lastFour}`
				.toLowerCase()
				.includes(search.toLowerCase()) &&
			(kinds.length === 0 || kinds.includes(key.kind)) &&
			(states.length === 0 || states.includes(key.state)) &&
			(!owner || key.owner?.id === owner.id) &&
			(unusedForDays === null ||
				(key.state === "active" && (key.lastUsedAt ?? key.createdAt) <= stale)) &&
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
		counts: { all: shown.length, expiringSoon: Math.min(4, shown.length), unused: 0 },
	};
}

/** What a text holds of these keys' secrets. */
export function inspected(
	text: string,
	keys: readonly KeyRow[],
	detailOf: (row: KeyRow) => KeyDetail,
	sync: Pick<SyncStatus, "state" | "since" | "lastSyncedAt">,
): InspectReport {
	const findings = [...text.matchAll(/kst_(team|proj|svc|pat)_[0-9A-Za-z]{36}/g)].map((match): Finding => {
		const whole = match[0];
		const right = whole.endsWith(CHECKSUM);
		const row = keys.find((key) => whole.endsWith(key.lastFour));
		const known = right && row !== undefined;
		return {
			masked: `${whole.slice(0, 9)}••••••••••••${whole.slice(-4)}`,
			kind: "team",
			checksumRight: right,
			foreign: false,
			verdict: known ? "known" : right ? "unknown" : "malformed",
			sentence: known
				? `A secret of ${row.name}, and it works. If you found it where it does not belong, revoke the key.`
				: right
					? "A well-formed Keystead secret that no key of this workspace has."
					: "It looks like a Keystead secret, but its checksum is wrong: it cannot work anywhere.",
			key: known ? detailOf(row) : null,
			secretId: known ? `secret_${row.id}` : null,
			offset: match.index,
		};
	});
	return {
		findings,
		place: null,
		truncated: false,
		characters: text.length,
		asOf: sync.lastSyncedAt,
		offlineSince: sync.state === "offline" ? sync.since : null,
	};
}
