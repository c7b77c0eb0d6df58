// The secrets of keys and their rotations, as the server keeps them: the newest first, an old one that gives way, and
// how often each was used.
import type {
	KeyRow,
	KeyState,
	RotationStep,
	RotationView,
	SecretId,
	SecretRow,
	UsageView,
} from "../ipc/bindings";
import { ago } from "./sample";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;

function ended({ retiresAt, retiredAt }: SecretRow): boolean {
	return retiredAt !== null || (retiresAt !== null && Date.parse(retiresAt) <= Date.now());
}

export class FakeRotations {
	#secrets = new Map<string, SecretRow[]>();

	/** Newest first. */
	of(row: KeyRow): SecretRow[] {
		return (
			this.#secrets.get(row.id) ?? [
				{
					id: `secret_${row.id}`,
					prefix: row.prefix,
					lastFour: row.lastFour,
					createdAt: row.createdAt,
					onThisComputer: false,
					lastUsedAt: row.lastUsedAt,
					lastUsedFrom: row.lastUsedAt === null ? null : "10.0.0.7",
					useCount: row.lastUsedAt === null ? 0 : 48_210,
					retiresAt: null,
					retiredAt: null,
				},
			]
		);
	}

	under(row: KeyRow): RotationView | null {
		const live = this.of(row).filter((secret) => !ended(secret));
		const old = live.find(({ retiresAt }) => retiresAt !== null);
		const [young] = live;
		if (old?.retiresAt == null || young === undefined || young.id === old.id) return null;
		const quietSince = Math.max(
			Date.parse(young.createdAt),
			Date.parse(old.lastUsedAt ?? young.createdAt),
		);
		return {
			old: old.id,
			new: young.id,
			beganAt: young.createdAt,
			endsAt: old.retiresAt,
			drained: Date.now() - quietSince >= DAY,
			step: { allowed: true, reason: null },
		};
	}

	/** What its secrets say of a key that is neither paused nor ended. */
	state(row: KeyRow): KeyState {
		return this.under(row) === null ? "active" : "rotating";
	}

	/** A new secret takes its place; answers the key. */
	rotate(row: KeyRow, id: SecretId, lastFour: string, overlapSeconds: number): KeyRow {
		const before = this.of(row).map((secret) =>
			ended(secret)
				? secret
				: overlapSeconds === 0
					? { ...secret, retiredAt: ago(0) }
					: { ...secret, retiresAt: ago(-overlapSeconds * 1_000) },
		);
		const young: SecretRow = {
			id,
			prefix: row.prefix,
			lastFour,
			createdAt: ago(0),
			onThisComputer: true,
			lastUsedAt: null,
			lastUsedFrom: null,
			useCount: 0,
			retiresAt: null,
			retiredAt: null,
		};
		this.#secrets.set(row.id, [young, ...before]);
		return this.#shown({ ...row, lastFour });
	}

	step(row: KeyRow, step: RotationStep): KeyRow {
		const rotation = this.under(row);
		if (rotation === null) return row;
		this.#change(row, (secret) => {
			if (secret.id === rotation.old && step.type === "extend")
				return { ...secret, retiresAt: ago(-step.overlap_seconds * 1_000) };
			if (secret.id === rotation.old && step.type === "finish") return { ...secret, retiredAt: ago(0) };
			if (secret.id === rotation.old) return { ...secret, retiresAt: null };
			if (secret.id === rotation.new && step.type === "roll_back")
				return { ...secret, retiredAt: ago(0) };
			return secret;
		});
		const stays = this.of(row).find((secret) => !ended(secret));
		return this.#shown({ ...row, lastFour: stays?.lastFour ?? row.lastFour });
	}

	/** How long ago a rotation began, and how its secrets were used since; for what takes days. */
	age(row: KeyRow, since: { began: number; oldUsed: number | null; newUsed: number | null }) {
		const rotation = this.under(row);
		if (rotation === null) return;
		this.#change(row, (secret) => {
			if (secret.id === rotation.new)
				return {
					...secret,
					createdAt: ago(since.began),
					lastUsedAt: since.newUsed === null ? null : ago(since.newUsed),
					lastUsedFrom: since.newUsed === null ? null : "10.0.0.9",
					useCount: since.newUsed === null ? 0 : 1_204,
				};
			if (secret.id !== rotation.old) return secret;
			return { ...secret, lastUsedAt: since.oldUsed === null ? null : ago(since.oldUsed) };
		});
	}

	/** Traffic that moves from the old secret to the new one while it is looked at. */
	usage(row: KeyRow, hours: number): UsageView {
		const rotation = this.under(row);
		const until = Date.now();
		const first = Math.floor(until / HOUR) * HOUR - (hours - 1) * HOUR;
		const secrets = this.of(row).filter(({ lastUsedAt }) => lastUsedAt !== null);
		const view: UsageView = {
			from: new Date(first).toISOString(),
			until: new Date(until).toISOString(),
			hours: [],
			addresses: secrets.map((secret) => ({
				secretId: secret.id,
				address: secret.lastUsedFrom ?? "10.0.0.7",
				uses: secret.id === rotation?.new ? secret.useCount : 312,
				lastAt: secret.lastUsedAt ?? "",
			})),
		};
		for (let step = 0; step < hours; step++) {
			const hour = new Date(first + step * HOUR).toISOString();
			const moved = 1 / (1 + Math.exp(-(step - hours * 0.5) / (hours * 0.08)));
			for (const secret of secrets) {
				const share = secret.id === rotation?.new ? moved : 1 - moved;
				const uses = Math.round(240 * share + (share > 0.05 ? (step * 37) % 19 : 0));
				if (uses > 0) view.hours.push({ secretId: secret.id, hour, uses });
			}
		}
		return view;
	}

	#shown(row: KeyRow): KeyRow {
		return row.state === "active" || row.state === "rotating" ? { ...row, state: this.state(row) } : row;
	}

	#change(row: KeyRow, change: (secret: SecretRow) => SecretRow) {
		this.#secrets.set(row.id, this.of(row).map(change));
	}
}
