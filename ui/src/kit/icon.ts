// Icons are handed to kit components as values, so that the kit itself chooses none of the meanings.
export type { LucideIcon as Icon } from "@lucide/svelte";
