import type { Property } from '../checker.ts';

/** A leader that ends in order gives its lease back, so that nobody waits for it to expire. */
export const leaseGivenBack: Property = {
  name: 'lease-given-back',
  make(scene) {
    const { focus, flags, leaderElection } = scene.options;
    if (focus === 'everything' || !leaderElection) return {};
    if (flags.includes('--feature-gates=ReleaseLeaderElectionOnExit=false')) return {};
    return {
      ended(by, why) {
        if (why.kind === 'stopped' && scene.leadership.holder === by)
          scene.broken(`${by.name} has ended with its lease`);
      },
    };
  },
};
