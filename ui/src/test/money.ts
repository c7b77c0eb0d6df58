// The wallets of the fake core and their ledger, as the server would keep them, in whole cents.
import type {
	CreditDraft,
	EntryKind,
	EntryRow,
	KeyRow,
	LedgerQuery,
	LedgerView,
	MoneyOverview,
	MoneyView,
	WalletDraft,
	WalletRow,
	GrantRow,
} from "../ipc/bindings";
import { policyNames } from "../parts/grants";
import type { FakeCatalog } from "./catalog";
import { ago } from "./sample";

const DAY = 86_400_000;
const REST = "wal_rest";

type Wallet = { id: string; name: string; cents: number; archived: boolean };
type Refuse = (message: string, field: string | null) => Error;

function shown(cents: number): MoneyView {
	const amount = (cents / 100).toFixed(2);
	return { amount, currency: "EUR", shown: `${amount} EUR` };
}

export class FakeMoney {
	/** Why the role may not manage money. */
	refused: string | null = null;
	wallets: Wallet[] = [
		{ id: REST, name: "Unassigned credit", cents: 1_500, archived: false },
		{ id: "wal_research", name: "Research", cents: 1_000, archived: false },
	];
	#entries: EntryRow[] = [];
	#refuse: Refuse;

	constructor(refuse: Refuse) {
		this.#refuse = refuse;
		this.#enter("starting_credit", REST, 2_500, 2_500, "what the organization began with");
		this.#enter("assigned", REST, -1_000, 1_500, "to Research");
		this.#enter("assigned", "wal_research", 1_000, 1_000, "from Unassigned credit");
	}

	view(): MoneyOverview {
		const { refused } = this;
		if (refused !== null)
			return {
				manage: { allowed: false, reason: refused },
				totals: null,
				wallets: [],
				archived: [],
				asOf: ago(60_000),
			};
		const rows = this.wallets.map((wallet) => this.#row(wallet));
		const held = this.wallets.filter(({ id, archived }) => id !== REST && !archived);
		const cents = held.map((wallet) => wallet.cents);
		const assigned = cents.reduce((sum, one) => sum + one, 0);
		const rest = this.#find(REST).cents;
		return {
			manage: { allowed: true, reason: null },
			totals: {
				total: shown(rest + assigned),
				unassigned: shown(rest),
				assigned: shown(assigned),
				smallest: cents.length === 0 ? null : shown(Math.min(...cents)),
				largest: cents.length === 0 ? null : shown(Math.max(...cents)),
			},
			wallets: rows.filter(({ archivedAt }) => archivedAt === null),
			archived: rows.filter(({ archivedAt }) => archivedAt !== null),
			asOf: ago(60_000),
		};
	}

	create({ name, assign }: WalletDraft): null {
		if (name.trim() === "") throw this.#refuse("The wallet's name is empty; write something.", "name");
		const wallet = { id: `wal_${this.wallets.length}`, name, cents: 0, archived: false };
		const cents = assign.trim() === "" ? 0 : this.#cents(assign, "assign", REST);
		this.wallets = [...this.wallets, wallet];
		if (cents > 0) this.#move(REST, wallet.id, cents);
		return null;
	}

	rename(id: unknown, name: unknown): null {
		if (this.wallets.some((one) => one.id !== id && one.name === name))
			throw this.#refuse("Another wallet has this name; choose another.", "name");
		this.#change(id, (wallet) => ({ ...wallet, name: name as string }));
		return null;
	}

	archive(id: unknown): null {
		this.#change(id, (wallet) => ({ ...wallet, archived: true }));
		return null;
	}

	move({ from, to, amount }: CreditDraft): null {
		this.#move(from, to, this.#cents(amount, "amount", from));
		return null;
	}

	ledger({ walletId, kind, before }: LedgerQuery): LedgerView {
		const fitting = this.#entries
			.toReversed()
			.filter((entry) => walletId === null || entry.walletId === walletId)
			.filter((entry) => kind === null || entry.kind === kind);
		const first = before === null ? 0 : fitting.findIndex(({ id }) => id === before) + 1;
		const entries = fitting.slice(first, first + 3);
		const last = entries.at(-1);
		return {
			entries,
			next: last === undefined || first + 3 >= fitting.length ? null : last.id,
		};
	}

	/** The services of a key, with the names of what they name. */
	services({ free, grants }: KeyRow, { view }: FakeCatalog): GrantRow[] {
		const all = view?.services ?? [];
		const none = { models: [], walletId: null, walletName: null, walletBalance: null };
		if (free)
			return all
				.filter(({ policies }) => policies.some(({ policy }) => policy === "free"))
				.map(({ id, name }) => ({
					...none,
					serviceId: id,
					serviceName: name,
					offered: true,
					policy: "free" as const,
					policyLabel: policyNames.free,
				}));
		return grants.map(({ serviceId, policy, models, walletId }) => {
			const service = all.find(({ id }) => id === serviceId);
			const wallet = this.wallets.find(({ id }) => id === walletId);
			return {
				serviceId,
				serviceName: service?.name ?? serviceId,
				offered: service !== undefined,
				policy,
				policyLabel: policyNames[policy],
				models: models.map((id) => service?.models.find((model) => model.id === id)?.name ?? id),
				walletId,
				walletName: wallet?.name ?? null,
				walletBalance: wallet === undefined ? null : shown(wallet.cents),
			};
		});
	}

	#row({ id, name, cents, archived }: Wallet): WalletRow {
		const reason = cents > 0 ? `There are ${shown(cents).shown} in this wallet.` : null;
		return {
			id,
			unassigned: id === REST,
			name,
			balance: shown(cents),
			empty: cents === 0,
			createdAt: ago(30 * DAY),
			createdBy: "Mara Lindqvist",
			archivedAt: archived ? ago(DAY) : null,
			archive: { allowed: reason === null, reason },
		};
	}

	#find(id: unknown): Wallet {
		const found = this.wallets.find((wallet) => wallet.id === id);
		if (found === undefined) throw this.#refuse("There is no such wallet any more.", null);
		return found;
	}

	#change(id: unknown, change: (wallet: Wallet) => Wallet) {
		this.wallets = this.wallets.map((wallet) => (wallet.id === id ? change(wallet) : wallet));
	}

	#cents(text: string, field: string, from: string): number {
		const amount = Number(text);
		if (text.trim() === "" || Number.isNaN(amount))
			throw this.#refuse(
				`“${text}” is no amount of money; write digits with a point, like 0.40.`,
				field,
			);
		const { cents } = this.#find(from);
		if (amount * 100 > cents)
			throw this.#refuse(`There are only ${shown(cents).shown}; give that or less.`, field);
		return Math.round(amount * 100);
	}

	#move(from: string, to: string, cents: number) {
		const kind: EntryKind = from === REST ? "assigned" : to === REST ? "given_back" : "transferred";
		for (const [id, by, words] of [
			[from, -cents, `to ${this.#find(to).name}`],
			[to, cents, `from ${this.#find(from).name}`],
		] as const) {
			this.#change(id, (wallet) => ({ ...wallet, cents: wallet.cents + by }));
			this.#enter(kind, id, by, this.#find(id).cents, words);
		}
	}

	#enter(kind: EntryKind, walletId: string, cents: number, balance: number, cause: string) {
		const labels: Record<EntryKind, string> = {
			starting_credit: "Starting credit",
			assigned: "Assigned",
			given_back: "Given back",
			transferred: "Transferred",
			charged: "Charged",
		};
		this.#entries.push({
			id: `ent_${this.#entries.length}`,
			at: ago((10 - this.#entries.length) * DAY),
			kind,
			label: labels[kind],
			walletId,
			walletName: this.wallets.find(({ id }) => id === walletId)?.name ?? walletId,
			amount: shown(cents),
			balance: shown(balance),
			cause,
			by: "Mara Lindqvist",
		});
	}
}
