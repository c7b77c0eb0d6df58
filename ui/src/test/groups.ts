// The groups, service accounts and token policy of the fake core, as the server would keep them.
import type {
	ActRule,
	GroupDraft,
	GroupRow,
	GroupsView,
	KeyRow,
	NamedOwner,
	OwnerChoice,
	ServiceAccountDraft,
	ServiceAccountRow,
	Principal,
	TokenPolicy,
	TokenPolicyDraft,
	TokenPolicyEffectView,
	TokenPolicyScreen,
} from "../ipc/bindings";
import type { FakeCore } from "./core";
import { ago } from "./sample";

const DAY = 86_400_000;
const yes: ActRule = { allowed: true, reason: null };
const no = (reason: string): ActRule => ({ allowed: false, reason });

type Group = { id: string; name: string; description: string; who: string[] };
type Account = Pick<ServiceAccountRow, "id" | "name" | "description" | "role" | "disabledAt">;

export class FakeGroups {
	policy: TokenPolicy = { who: "all" };
	version = 1;
	groups: Group[] = [
		{
			id: "grp_deploy",
			name: "Deployers",
			description: "who may deploy",
			who: ["mem_mara", "sva_night"],
		},
		{ id: "grp_call", name: "On call", description: "", who: [] },
	];
	accounts: Account[] = [
		{ id: "sva_night", name: "nightly-export", description: "", role: "editor", disabledAt: null },
	];
	readonly #core: FakeCore;

	constructor(core: FakeCore) {
		this.#core = core;
	}

	get everybody(): NamedOwner[] {
		const members = this.#core.people.members.map(({ id, name, email }): NamedOwner => ({
			owner: { kind: "member", id },
			name,
			detail: email,
		}));
		const accounts = this.accounts.map(({ id, name }): NamedOwner => ({
			owner: { kind: "service_account", id },
			name,
			detail: "service account",
		}));
		return [...members, ...accounts];
	}

	/** What a key says of its owner. */
	owned(owner: Principal | null): Pick<KeyRow, "owner" | "ownerName" | "suspension"> {
		const name = this.everybody.find((one) => one.owner.id === owner?.id)?.name ?? null;
		return { owner, ownerName: name, suspension: null };
	}

	/** Gives a key of the sample an owner. */
	give(name: string, owner: Principal) {
		this.#core.keys = this.#core.keys.map((key) =>
			key.name === name ? { ...key, ...this.owned(owner) } : key,
		);
	}

	get #manage(): ActRule {
		const { role } = this.#core.people;
		return role === "owner" || role === "admin"
			? yes
			: no(
					`Your role is ${role}; Owner and Admin may change the token policy, groups and service accounts.`,
				);
	}

	get #tokens(): KeyRow[] {
		return this.#core.keys.filter(({ owner, state }) => owner !== null && state !== "revoked");
	}

	view(): GroupsView {
		const named = this.policy.who === "groups" ? this.policy.groups : [];
		return {
			groups: this.groups.map((group): GroupRow => ({
				...group,
				who: this.everybody.filter(({ owner }) => group.who.includes(owner.id)),
				inPolicy: named.includes(group.id),
				version: this.version,
				since: ago(9 * DAY),
				remove: named.includes(group.id)
					? no("The token policy names this group; take it out of the policy first.")
					: this.#manage,
			})),
			serviceAccounts: this.accounts.map((account): ServiceAccountRow => ({
				...account,
				version: this.version,
				since: ago(9 * DAY),
				tokens: this.#tokens.filter(({ owner }) => owner?.id === account.id).length,
				groups: this.groups.filter(({ who }) => who.includes(account.id)).map(({ name }) => name),
				makeToken: yes,
			})),
			everybody: this.everybody,
			manage: this.#manage,
		};
	}

	screen(): TokenPolicyScreen {
		const rule =
			this.policy.who === "nobody" ? no("The token policy lets nobody make personal tokens.") : yes;
		const owners = this.everybody
			.filter(({ owner }) => owner.id === "mem_mara" || owner.kind === "service_account")
			.map((one): OwnerChoice => ({ ...one, isYou: one.owner.id === "mem_mara", rule }));
		return {
			policy: this.policy,
			version: this.version,
			groups: this.groups.map(({ id, name, who }) => ({ id, name, count: who.length })),
			tokens: this.#tokens.length,
			manage: this.#manage,
			owners,
		};
	}

	effect({ who }: TokenPolicyDraft): TokenPolicyEffectView {
		const rows = (tokens: KeyRow[]) =>
			tokens.map(({ id, name, ownerName, lastUsedAt }) => ({
				keyId: id,
				name,
				ownerName: ownerName ?? "",
				lastUsedAt,
				lastUsedFrom: lastUsedAt === null ? null : "10.0.0.7",
			}));
		const active = this.#tokens.filter(({ state }) => state === "active");
		const idle = this.#tokens.filter(({ state }) => state === "suspended");
		return {
			version: this.version,
			stops: who === "nobody" ? rows(active) : [],
			returns: who === "nobody" ? [] : rows(idle),
			loseCreation: who === "all" ? [] : ["Chen Wei"],
			gainCreation: [],
		};
	}

	#set({ who, groups }: TokenPolicyDraft) {
		this.policy = who === "groups" ? { who, groups } : { who };
		this.version++;
		const suspended = who === "nobody";
		this.#core.keys = this.#core.keys.map((key) => {
			if (key.owner === null || (key.state !== "active" && key.state !== "suspended")) return key;
			return {
				...key,
				state: suspended ? "suspended" : "active",
				suspension: suspended ? "The token policy lets nobody use personal tokens." : null,
			};
		});
	}

	#told(): null {
		this.#core.announce(["organization", "keys"]);
		return null;
	}

	readonly acts: Record<string, (given: Record<string, unknown>) => unknown> = {
		groups: () => this.view(),
		save_group: ({ draft }) => {
			const { id, name, description, members, serviceAccounts } = draft as GroupDraft;
			const group = {
				id: id ?? `grp_${name}`,
				name,
				description,
				who: [...members, ...serviceAccounts],
			};
			this.groups = [...this.groups.filter((one) => one.id !== group.id), group];
			return this.#told();
		},
		remove_group: ({ groupId }) => {
			this.groups = this.groups.filter(({ id }) => id !== groupId);
			return this.#told();
		},
		save_service_account: ({ draft }) => {
			const { id, name, description, role } = draft as ServiceAccountDraft;
			const account: Account = { id: id ?? `sva_${name}`, name, description, role, disabledAt: null };
			this.accounts = [...this.accounts.filter((one) => one.id !== account.id), account];
			return this.#told();
		},
		able_service_account: ({ serviceAccountId, enabled }) => {
			this.accounts = this.accounts.map((one) =>
				one.id === serviceAccountId ? { ...one, disabledAt: enabled === true ? null : ago(0) } : one,
			);
			return this.#told();
		},
		service_account_removal: ({ serviceAccountId }) => ({
			name: this.accounts.find(({ id }) => id === serviceAccountId)?.name ?? "",
			tokens: this.#tokens.filter(({ owner }) => owner?.id === serviceAccountId),
		}),
		remove_service_account: ({ serviceAccountId }) => {
			this.accounts = this.accounts.filter(({ id }) => id !== serviceAccountId);
			return this.#told();
		},
		token_policy: () => this.screen(),
		preview_token_policy: ({ draft }) => this.effect(draft as TokenPolicyDraft),
		set_token_policy: ({ draft }) => {
			this.#set(draft as TokenPolicyDraft);
			return this.#told();
		},
	};
}
