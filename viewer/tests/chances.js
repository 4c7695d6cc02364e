// Generated inputs: the same for the same seed, which a failure names.

/** Runs a property with many seeds. */
export function chances(times, property) {
  for (let seed = 1; seed <= times; seed += 1) {
    try {
      property(new Chance(seed));
    } catch (error) {
      error.message = `seed ${seed}: ${error.message}`;
      throw error;
    }
  }
}

export async function chancesLater(times, property) {
  for (let seed = 1; seed <= times; seed += 1) {
    try {
      await property(new Chance(seed));
    } catch (error) {
      error.message = `seed ${seed}: ${error.message}`;
      throw error;
    }
  }
}

export class Chance {
  constructor(seed) {
    this.state = seed * 2654435761;
  }

  /** At least `least`, at most `most`. */
  whole(least, most) {
    this.state = (Math.imul(this.state ^ (this.state >>> 15), 2246822519) + 3266489917) | 0;
    const bits = Math.imul(this.state ^ (this.state >>> 13), 668265263) >>> 0;
    return least + (bits % (most - least + 1));
  }

  list(length, make) {
    return Array.from({ length }, make);
  }
}
