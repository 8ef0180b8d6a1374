export default function startRun(): Promise<void>;
