// SPDX-License-Identifier: Apache-2.0
// A JVM that makes garbage, collects it, grows quiet, and says what its MXBeans say for each line that it is sent.

import java.io.IOException;
import java.lang.management.ClassLoadingMXBean;
import java.lang.management.GarbageCollectorMXBean;
import java.lang.management.ManagementFactory;
import java.lang.management.MemoryPoolMXBean;
import java.lang.management.MemoryType;
import java.lang.management.MemoryUsage;
import java.lang.management.ThreadMXBean;
import java.util.List;

public class Subject {
	private static final int KEPT = 64, ROUNDS = 20_000, BYTES = 20_000;
	private static final List<MemoryPoolMXBean> POOLS = ManagementFactory.getMemoryPoolMXBeans();
	private static final List<GarbageCollectorMXBean> COLLECTORS = ManagementFactory.getGarbageCollectorMXBeans();
	private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
	private static final ClassLoadingMXBean CLASSES = ManagementFactory.getClassLoadingMXBean();
	private static final byte[][] kept = new byte[KEPT][];

	private static void add(StringBuilder to, String kind, String name, long... values) {
		to.append(kind).append('|').append(name);
		for (long value : values) {
			to.append('|').append(value);
		}
		to.append('\n');
	}

	private static String truth() {
		StringBuilder to = new StringBuilder(8192);
		for (MemoryPoolMXBean pool : POOLS) {
			MemoryUsage now = pool.getUsage(), collected = pool.getCollectionUsage();
			add(to, pool.getType() == MemoryType.HEAP ? "heap" : "non_heap", pool.getName(), now.getUsed(),
			    now.getCommitted(), now.getMax(), collected == null ? -1 : collected.getUsed());
		}
		for (GarbageCollectorMXBean gc : COLLECTORS) {
			add(to, "gc", gc.getName(), gc.getCollectionCount(), gc.getCollectionTime());
		}
		add(to, "threads", "", THREADS.getThreadCount(), THREADS.getDaemonThreadCount());
		add(to, "classes", "", CLASSES.getTotalLoadedClassCount(), CLASSES.getUnloadedClassCount(),
		    CLASSES.getLoadedClassCount());
		return to.append('\n').toString();
	}

	// One line, without what the library would load to read one.
	private static boolean isAsked() throws IOException {
		int c = System.in.read();
		while (c != '\n' && c >= 0) {
			c = System.in.read();
		}
		return c >= 0;
	}

	public static void main(String[] arguments) throws Exception {
		Thread daemon = new Thread(() -> {
			synchronized (kept) {
				try {
					kept.wait();
				} catch (InterruptedException e) {
					return;
				}
			}
		});
		daemon.setDaemon(true);
		daemon.start();
		for (int i = 0; i < ROUNDS; i++) {
			kept[i % KEPT] = new byte[BYTES];
		}
		truth();
		System.gc();
		truth();
		System.gc();
		while (isAsked()) {
			System.out.print(truth());
			System.out.flush();
		}
	}
}
