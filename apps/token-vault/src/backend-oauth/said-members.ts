/** A document as it was meant: members that are null or empty are not there, and neither are such items of lists. */
export const saidMembers = (value: unknown): unknown =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? Object.fromEntries(
        Object.entries(value).flatMap(([name, member]) =>
          isSaid(member) ? [[name, saidItems(member)]] : [],
        ),
      )
    : value;

const isSaid = (member: unknown): boolean => member !== null && member !== '';

const saidItems = (member: unknown): unknown => (Array.isArray(member) ? member.filter(isSaid) : member);
