// Northwind Routing: the organization the tests and the look speak of.
import type {
	Action,
	ActionPermission,
	ConnectionView,
	KeyKind,
	KeyRow,
	KeyState,
	Opened,
} from "../ipc/bindings";

const MINUTE = 60_000;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

export function ago(milliseconds: number): string {
	return new Date(Date.now() - milliseconds).toISOString();
}

export const northwind: ConnectionView = {
	id: "conn_northwind",
	kind: "server",
	place: "keys.northwind.example",
	url: "https://keys.northwind.example",
	organizationName: "Northwind Routing",
	organizationId: "org_northwind",
	accountEmail: "mara@northwind.example",
	accountName: "Mara Lindqvist",
	role: "owner",
};

export const here: ConnectionView = {
	id: "conn_here",
	kind: "this_computer",
	place: "this computer",
	url: null,
	organizationName: "My workspace",
	organizationId: "org_here",
	accountEmail: "owner@this-computer.invalid",
	accountName: "Mara Lindqvist",
	role: "owner",
};

const actions: Action[] = [
	"read_keys",
	"manage_keys",
	"rotate_keys",
	"own_tokens",
	"manage_policy",
	"manage_members",
	"manage_money",
	"manage_companies",
	"read_projects",
	"manage_projects",
	"read_activity",
	"own_organization",
];

const viewers: Action[] = ["read_keys", "read_projects", "read_activity"];

export function opened(connection: ConnectionView): Opened {
	const permissions = actions.map((action): ActionPermission =>
		connection.role !== "viewer" || viewers.includes(action)
			? { action, allowed: true, reason: null }
			: { action, allowed: false, reason: "Owners and Admins may. Ask one of them." },
	);
	return { connection, permissions, region: "eu" };
}

type Sketch = [
	name: string,
	kind: KeyKind,
	last: string,
	state: KeyState,
	days: number | null,
	used: number | null,
];

const sketches: Sketch[] = [
	["ci-deploy", "team", "Qw9z", "active", 61, 2 * MINUTE],
	["billing-export", "team", "8Lk2", "active", 24, 20_000],
	["matrix-prod", "service", "Vx1c", "active", null, 5_000],
	["tsp-batch", "service", "p0Zd", "active", 5, HOUR],
	["Free service key", "service", "Aa3n", "active", null, DAY],
	["rotterdam-sites", "project", "Kk7y", "active", 210, 6 * MINUTE],
	["Ibo Aydın, notebook", "personal", "Zz4e", "active", 90, 4 * DAY],
	["legacy-import", "team", "0Px8", "revoked", null, 12 * DAY],
	["svc: nightly-runner", "personal", "mM2q", "active", 12, 9_000],
	["cvrp-planner", "service", "Ht6s", "active", 300, 30_000],
	["vendor-acme", "project", "Lq9b", "active", 29, 3 * HOUR],
	["dispatch-eu", "service", "Bn5u", "active", 44, 8_000],
	["mobile-app", "project", "wE3r", "active", 118, 2_000],
	["staging-smoke", "team", "Yt7o", "active", null, 20 * MINUTE],
	["geocode-cache", "service", "Pi1k", "active", 77, 1_000],
	["old-dashboard", "project", "Sx0d", "expired", -9, 31 * DAY],
];

export const prefixes: Record<KeyKind, string> = {
	team: "kst_team_",
	project: "kst_proj_",
	service: "kst_svc_",
	personal: "kst_pat_",
};

function row([name, kind, lastFour, state, days, used]: Sketch, index: number): KeyRow {
	return {
		id: `key_0198f3c2-7a10-7c3e-9a51-${String(index).padStart(12, "0")}`,
		name,
		description: name === "ci-deploy" ? "deploys from the main branch" : "",
		kind,
		free: name === "Free service key",
		prefix: prefixes[kind],
		lastFour,
		state,
		expiresAt: days === null ? null : ago(-days * DAY - HOUR),
		requestsPerMinute: null,
		people: [],
		grants: [],
		lastUsedAt: used === null ? null : ago(used),
		createdAt: ago(120 * DAY),
		owner: null,
		ownerName: null,
		suspension: null,
		pending: null,
	};
}

/** The sixteen of the drawing, then as many more as asked for. */
export function sampleKeys(total: number = sketches.length): KeyRow[] {
	const names = ["worker", "import", "gateway", "planner", "report", "edge", "batch", "webhook"];
	const kinds: KeyKind[] = ["team", "service", "project", "personal"];
	return Array.from({ length: total }, (_, index) => {
		const known = sketches[index];
		if (known !== undefined) return row(known, index);
		const name = `${names[index % names.length] ?? ""}-${String(index).padStart(5, "0")}`;
		const last = index.toString(36).padStart(4, "x").slice(-4);
		return row(
			[name, kinds[index % 4] ?? "team", last, "active", 15 + (index % 400), index * MINUTE],
			index,
		);
	});
}
