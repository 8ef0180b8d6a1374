export default function endRun(): Promise<void>;
