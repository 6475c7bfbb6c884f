// SPDX-License-Identifier: Apache-2.0

import java.lang.management.ManagementFactory;

/*
 * Garbage for HotSpot's collectors, from two threads. What they did is in the log that
 * -Xlog:gc*,safepoint:file=...:tn writes: tn is System.nanoTime(), which is the clock that is given
 * here. programs/README.md says what it speaks.
 */
class Jvm {
	static final int ROUNDS = 300, OBJECTS = 2000, OBJECT_BYTES = 1024, KEPT = 12;
	static volatile Object[] kept;

	static void makeGarbage() {
		var mine = new Object[KEPT];
		for (int round = 0; round < ROUNDS; round++) {
			var some = new byte[OBJECTS][];
			for (int i = 0; i < OBJECTS; i++)
				some[i] = new byte[OBJECT_BYTES];
			mine[round % KEPT] = some;
		}
		kept = mine;
	}

	static void work() throws InterruptedException {
		var other = new Thread(Jvm::makeGarbage);
		other.start();
		makeGarbage();
		other.join();
		System.gc();
		settle();
	}

	static long collections() {
		return ManagementFactory.getGarbageCollectorMXBeans().stream().mapToLong(each -> each.getCollectionCount()).sum();
	}

	/* ZGC goes by how much was made in the last second. */
	static void settle() throws InterruptedException {
		long before = collections();
		for (int still = 0; still < 13; still++) {
			Thread.sleep(100);
			long now = collections();
			if (now != before)
				still = 0;
			before = now;
		}
	}

	static void takeLine() throws java.io.IOException {
		for (int c = System.in.read(); c >= 0 && c != '\n';)
			c = System.in.read();
	}

	public static void main(String[] arguments) throws Exception {
		System.out.println("ready");
		takeLine();
		long began = System.nanoTime();
		work();
		System.out.println("{\"began\": " + began + ", \"ended\": " + System.nanoTime() + "}");
		takeLine();
		Runtime.getRuntime().halt(0);
	}
}
