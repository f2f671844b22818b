/** Ways to log in that kubectl knows and evercert does not: what is said about a user of a kubeconfig that has one, or undefined. */
export function unsupportedLogin(user: Readonly<Record<string, unknown>>): string | undefined {
  const instead =
    'make a service account for evercert and give its token (kubectl create token) or a client certificate';
  if (isGiven(user['auth-provider']))
    return `logs in by an auth-provider, which kubectl has given up as well; let the tool of your cloud write the kubeconfig again, with a login program (exec), or ${instead}`;
  if (isGiven(user['username'])) return `logs in by a password, which no API server since 1.19 takes; ${instead}`;
  if (['as', 'as-groups', 'as-uid', 'as-user-extra'].some((field) => isGiven(user[field])))
    return `acts as somebody else (as), which evercert does not; ${instead}`;
  return undefined;
}

function isGiven(value: unknown): boolean {
  return value !== undefined && value !== null && value !== '';
}
