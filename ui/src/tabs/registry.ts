// Every screen of a workspace, as data. A new screen is a folder beside this file and one entry here; the
// sidebar, the palette and "Why don't I see…?" follow.
import CircleHelp from "@lucide/svelte/icons/circle-question-mark";
import CircleUser from "@lucide/svelte/icons/circle-user";
import Fingerprint from "@lucide/svelte/icons/fingerprint-pattern";
import KeyRound from "@lucide/svelte/icons/key-round";
import PlugZap from "@lucide/svelte/icons/plug-zap";
import ScanSearch from "@lucide/svelte/icons/scan-search";
import SlidersHorizontal from "@lucide/svelte/icons/sliders-horizontal";
import Tags from "@lucide/svelte/icons/tags";
import ShieldCheck from "@lucide/svelte/icons/shield-check";
import UsersRound from "@lucide/svelte/icons/users-round";
import Wallet from "@lucide/svelte/icons/wallet";
import Users from "@lucide/svelte/icons/users";
import type { Tab } from "../state/workspace";
import Account from "./account/Account.svelte";
import Connections from "./connections/Connections.svelte";
import Groups from "./groups/Groups.svelte";
import Inspect from "./inspect/Inspect.svelte";
import Issuers from "./issuers/Issuers.svelte";
import Keys from "./keys/Keys.svelte";
import Members from "./members/Members.svelte";
import Policy from "./policy/Policy.svelte";
import Preferences from "./preferences/Preferences.svelte";
import Services from "./services/Services.svelte";
import Wallets from "./wallets/Wallets.svelte";
import Why from "./why/Why.svelte";

export const tabs: readonly Tab[] = [
	{
		id: "keys",
		label: "Keys",
		group: "main",
		icon: KeyRound,
		purpose: "Every credential of the organization, and who is using it.",
		action: "read_keys",
		keywords: "inventory secrets tokens credentials",
		view: Keys,
	},
	{
		id: "inspect",
		label: "Inspect",
		group: "main",
		icon: ScanSearch,
		purpose: "What a found string is: whose key, in which state, and what to do.",
		action: "read_keys",
		keywords: "paste leaked scan check identify",
		view: Inspect,
	},
	{
		id: "services",
		label: "Services & prices",
		group: "main",
		icon: Tags,
		purpose: "What service keys may call, and what a request costs.",
		action: null,
		keywords: "catalog models calculator cost price subscription pay as you go",
		view: Services,
	},
	{
		id: "members",
		label: "Members",
		group: "organization",
		icon: Users,
		purpose: "Who belongs to the organization, as what, and who is invited.",
		action: null,
		keywords: "people team invite invitations roles admins remove leave",
		view: Members,
	},
	{
		id: "issuers",
		label: "Token issuers",
		group: "organization",
		icon: Fingerprint,
		purpose: "Identity providers outside whose tokens are good here.",
		action: "manage_policy",
		keywords: "openid oidc oauth jwt jwks external identity provider sso federation subject mapping",
		view: Issuers,
	},
	{
		id: "groups",
		label: "Groups & service accounts",
		group: "organization",
		icon: UsersRound,
		purpose: "Named sets of members, and members that are no person.",
		action: null,
		keywords: "teams sets robots bots machine accounts tokens",
		view: Groups,
	},
	{
		id: "policy",
		label: "Token policy",
		group: "organization",
		icon: ShieldCheck,
		purpose: "Who may have personal tokens, and which would stop.",
		action: null,
		keywords: "personal tokens creation suspend nobody groups dry run",
		view: Policy,
	},
	{
		id: "wallets",
		label: "Wallets & credits",
		group: "organization",
		icon: Wallet,
		purpose: "What the organization has to spend, where it lies, and every movement of it.",
		action: "manage_money",
		keywords: "money balance ledger assign transfer csv pay",
		view: Wallets,
	},
	{
		id: "account",
		label: "Account",
		group: "personal",
		icon: CircleUser,
		purpose: "Who is signed in here, where you belong, and from where you are signed in.",
		action: null,
		keywords: "profile sessions devices sign out everywhere membership organizations email username",
		view: Account,
	},
	{
		id: "preferences",
		label: "Preferences",
		group: "personal",
		icon: SlidersHorizontal,
		purpose: "How Keystead looks on this computer, and how it guards its secrets.",
		action: null,
		keywords: "settings theme appearance dark light lock passphrase vault keychain secrets",
		view: Preferences,
	},
	{
		id: "connections",
		label: "Connections",
		group: "personal",
		icon: PlugZap,
		purpose: "The servers and accounts this computer knows.",
		action: null,
		keywords: "servers accounts workspaces switch remove sign out",
		view: Connections,
	},
	{
		id: "why",
		label: "Why don't I see…?",
		group: "personal",
		icon: CircleHelp,
		purpose: "What your role shows and allows, and who can change it.",
		action: null,
		keywords: "permissions role missing help",
		aside: true,
		view: Why,
	},
];
