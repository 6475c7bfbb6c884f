// SPDX-License-Identifier: Apache-2.0

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/* Waits on purpose, a thread a connection: README.md. Wants the port of the slow service. */
class Service implements Runnable {
	static final long SPIN_NS = 50_000_000;
	static final byte[] ANSWER = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok".getBytes();
	static final byte[] QUESTION = "GET / HTTP/1.1\r\nHost: slow\r\n\r\n".getBytes();
	static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
	static final List<Object[]> heap = new ArrayList<>();
	static int slowPort;

	final Socket connection;
	Socket slow;
	BufferedReader slowReader;
	List<String> collections, calls;

	Service(Socket connection) {
		this.connection = connection;
	}

	/* On the CPU, which the file of the other tells as of the last tick or switch. */
	static long ran() {
		return THREADS.getCurrentThreadCpuTime();
	}

	static long waited() throws IOException {
		return Long.parseLong(Files.readString(Path.of("/proc/thread-self/schedstat")).split(" ")[1]);
	}

	static String account() throws IOException {
		return "[" + ran() + ", " + waited() + "]";
	}

	static void say(String line) {
		synchronized (heap) {
			System.out.println(line);
			System.out.flush();
		}
	}

	static int spun;

	static void spin() throws IOException {
		long until = ran() + SPIN_NS;
		while (ran() < until)
			for (int i = 0; i < 2_000_000; i++)
				spun += i * i;
	}

	/* The head of a message: its first line; what it has of a body is two bytes here. */
	static String takeHead(BufferedReader reader) throws IOException {
		String first = reader.readLine();
		for (String line = first; line != null && !line.isEmpty();)
			line = reader.readLine();
		return first;
	}

	void call() throws IOException {
		if (slow == null) {
			slow = new Socket(InetAddress.getLoopbackAddress(), slowPort);
			slow.setTcpNoDelay(true);
			slowReader = new BufferedReader(new InputStreamReader(slow.getInputStream()));
		}
		long began = System.nanoTime(), onCpu = ran(), waited = waited();
		slow.getOutputStream().write(QUESTION);
		takeHead(slowReader);
		slowReader.read(new char[2]);
		calls.add("[" + began + ", " + System.nanoTime() + ", " + (ran() - onCpu) + ", " + (waited() - waited) + "]");
	}

	void step(String name) throws IOException {
		long began = System.nanoTime();
		switch (name) {
		case "spin" -> spin();
		case "call" -> call();
		case "collect" -> {
			long onCpu = ran(), waited = waited();
			System.gc();
			long ended = System.nanoTime();
			waited = waited() - waited;
			long slept = Math.max(ended - began - waited - (ran() - onCpu), 0);
			collections.add("[" + began + ", " + ended + ", " + waited + ", " + slept + ", 0]");
		}
		default -> { }
		}
	}

	void serve(String line, String thread) throws IOException {
		var path = line.split(" ")[1].split("/");
		long began = System.nanoTime();
		String atBegin = account();
		collections = new ArrayList<>();
		calls = new ArrayList<>();
		say("{\"begins\": " + path[2] + "}");
		for (var name : path[1].split("-"))
			step(name);
		// Who waits for the CPU after the answer keeps no request waiting.
		long waited = waited();
		connection.getOutputStream().write(ANSWER);
		String atEnd = "[" + ran() + ", " + waited + "]";
		say("{\"id\": " + path[2] + ", \"thread\": " + thread + ", \"began\": " + began + ", \"ended\": " +
			System.nanoTime() + ", \"at_begin\": " + atBegin + ", \"at_end\": " + atEnd + ", \"gc\": " + collections +
			", \"call\": " + calls + "}");
	}

	public void run() {
		try (connection) {
			var thread = Files.readSymbolicLink(Path.of("/proc/thread-self")).getFileName().toString();
			var reader = new BufferedReader(new InputStreamReader(connection.getInputStream()));
			connection.setTcpNoDelay(true);
			for (String line = takeHead(reader); line != null; line = takeHead(reader))
				serve(line, thread);
		} catch (IOException error) {
			throw new RuntimeException(error);
		}
	}

	static void listen(ServerSocket listener) {
		try {
			for (;;)
				new Thread(new Service(listener.accept())).start();
		} catch (IOException error) {
			throw new RuntimeException(error);
		}
	}

	public static void main(String[] arguments) throws Exception {
		slowPort = Integer.parseInt(arguments[0]);
		for (int i = 0; i < 1_000_000; i++)
			heap.add(new Object[] {i, new Object[] {i}});
		System.gc();
		var listener = new ServerSocket(0, 64, InetAddress.getLoopbackAddress());
		new Thread(() -> listen(listener)).start();
		say("{\"port\": " + listener.getLocalPort() + "}");
		while (System.in.read() >= 0)
			;
		Runtime.getRuntime().halt(0);
	}
}
