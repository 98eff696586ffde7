## A mobile app for iOS with AppAuth; `q` is a routes.developer.quickstart.Quickstart.
<%def name="code(q)">\
import AppAuth
import SwiftUI

let issuer = ${q.literal("swift", q.issuer)}
let clientId = ${q.literal("swift", q.client_id)}
let redirectUri = ${q.literal("swift", q.redirect_uri)}
let scopes = ${q.literal("swift", q.scopes)}
let api = ${q.literal("swift", q.api)} // Accepts any valid token. Replace it with your API.

@main
struct ExampleApp: App {
    @StateObject private var account = Account()

    var body: some Scene {
        WindowGroup {
            VStack(spacing: 16) {
                Button("Sign in", action: account.signIn)
                Button("Call the API", action: account.callApi)
                Button("Sign out", action: account.signOut)
                Text(account.answer)
            }
        }
    }
}

@MainActor
final class Account: ObservableObject {
    @Published var answer = ""
    private var state: OIDAuthState? // In memory: keep it in the Keychain to stay signed in.
    private var flow: OIDExternalUserAgentSession?

    // AppAuth makes state and PKCE's verifier, checks state, and exchanges the code.
    func signIn() {
        let server = OIDServiceConfiguration(
            authorizationEndpoint: URL(string: issuer + "/oauth/authorize")!,
            tokenEndpoint: URL(string: issuer + "/oauth/token")!
        )
        let request = OIDAuthorizationRequest(
            configuration: server,
            clientId: clientId,
            scopes: scopes,
            redirectURL: URL(string: redirectUri)!,
            responseType: OIDResponseTypeCode,
            additionalParameters: nil
        )
        let scene = UIApplication.shared.connectedScenes.first as? UIWindowScene
        guard let controller = scene?.windows.first?.rootViewController else { return }
        flow = OIDAuthState.authState(byPresenting: request, presenting: controller) { state, error in
            self.state = state
            if state != nil {
                self.callApi()
            } else {
                self.answer = "Not signed in: " + (error?.localizedDescription ?? "")
            }
        }
    }

    // Renews the access token before it expires.
    func callApi() {
        guard let state else {
            answer = "Sign in first."
            return
        }
        state.performAction { token, _, error in
            if let token {
                Task { await self.call(token) }
            } else {
                self.answer = "Not signed in: " + (error?.localizedDescription ?? "")
            }
        }
    }

    // Who is my user? The server names the user of a token. That ID never changes.
    private func call(_ token: String) async {
        do {
            let user = try await get(issuer + "/oauth/verify", token).value(forHTTPHeaderField: "X-OAuth-Subject") ?? "unknown"
            let status = try await get(api, token).statusCode
            answer = "Your user is " + user + ". The API answered " + String(status) + "."
        } catch {
            answer = error.localizedDescription
        }
    }

    private func get(_ address: String, _ token: String) async throws -> HTTPURLResponse {
        var request = URLRequest(url: URL(string: address)!)
        request.setValue("Bearer " + token, forHTTPHeaderField: "Authorization")
        return try await URLSession.shared.data(for: request).1 as! HTTPURLResponse
    }

    func signOut() {
        guard let token = state?.refreshToken else { return }
        state = nil
        var form = URLComponents()
        form.queryItems = [URLQueryItem(name: "token", value: token), URLQueryItem(name: "client_id", value: clientId)]
        var request = URLRequest(url: URL(string: issuer + "/oauth/revoke")!)
        request.httpMethod = "POST"
        request.httpBody = form.percentEncodedQuery?.data(using: .utf8)
        URLSession.shared.dataTask(with: request).resume()
        answer = "Signed out."
    }
}
</%def>

<%def name="then(q)">
<p>Run it from Xcode. The redirect URI needs no entry in Info.plist: the system’s sign-in window catches it. iOS connects by https only, so this server must have an https address. We test the requests that AppAuth sends, not the app on a phone.</p>
</%def>
