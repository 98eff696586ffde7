## A mobile app for Android with AppAuth; `q` is a routes.developer.quickstart.Quickstart.
<%def name="gradle(q)">\
plugins {
    id("com.android.application")
    id("org.jetbrains.kotlin.android")
}

android {
    namespace = "com.example.app"
    compileSdk = 35
    defaultConfig {
        applicationId = "com.example.app"
        minSdk = 24
        targetSdk = 35
        versionCode = 1
        versionName = "1.0"
        // AppAuth takes what comes back under this scheme.
        manifestPlaceholders["appAuthRedirectScheme"] = ${q.literal("kotlin", q.scheme)}
    }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_17
        targetCompatibility = JavaVersion.VERSION_17
    }
    kotlinOptions { jvmTarget = "17" }
}

dependencies {
    implementation("androidx.activity:activity-ktx:1.9.3")
    implementation("net.openid:appauth:0.11.1")
}
</%def>

<%def name="manifest(q)">\
&lt;?xml version="1.0" encoding="utf-8"?>
&lt;manifest xmlns:android="http://schemas.android.com/apk/res/android">
    &lt;uses-permission android:name="android.permission.INTERNET" />
    &lt;application
        android:allowBackup="false"
        android:label="Example"
        android:theme="@android:style/Theme.Material.Light">
        &lt;activity android:name=".MainActivity" android:exported="true">
            &lt;intent-filter>
                &lt;action android:name="android.intent.action.MAIN" />
                &lt;category android:name="android.intent.category.LAUNCHER" />
            &lt;/intent-filter>
        &lt;/activity>
    &lt;/application>
&lt;/manifest>
</%def>

<%def name="code(q)">\
package com.example.app

import android.content.Context
import android.net.Uri
import android.os.Bundle
import android.widget.Button
import android.widget.LinearLayout
import android.widget.TextView
import androidx.activity.ComponentActivity
import androidx.activity.result.contract.ActivityResultContracts
import java.io.IOException
import java.net.HttpURLConnection
import java.net.URL
import java.net.URLEncoder
import kotlin.concurrent.thread
import net.openid.appauth.AuthState
import net.openid.appauth.AuthorizationException
import net.openid.appauth.AuthorizationRequest
import net.openid.appauth.AuthorizationResponse
import net.openid.appauth.AuthorizationService
import net.openid.appauth.AuthorizationServiceConfiguration
import net.openid.appauth.ResponseTypeValues

private const val ISSUER = ${q.literal("kotlin", q.issuer)}
private const val CLIENT_ID = ${q.literal("kotlin", q.client_id)}
private const val REDIRECT_URI = ${q.literal("kotlin", q.redirect_uri)}
private const val SCOPE = ${q.literal("kotlin", q.scope)}
private const val API = ${q.literal("kotlin", q.api)} // Accepts any valid token. Replace it with your API.

class MainActivity : ComponentActivity() {
    private val server = AuthorizationServiceConfiguration(
        Uri.parse("$ISSUER/oauth/authorize"),
        Uri.parse("$ISSUER/oauth/token"),
    )
    private lateinit var service: AuthorizationService
    private lateinit var state: AuthState
    private lateinit var answer: TextView

    private val comeBack = registerForActivityResult(ActivityResultContracts.StartActivityForResult()) { result ->
        result.data?.let { data ->
            val response = AuthorizationResponse.fromIntent(data)
            val error = AuthorizationException.fromIntent(data)
            state.update(response, error)
            if (response == null) show(error) else exchange(response)
        }
    }

    override fun onCreate(saved: Bundle?) {
        super.onCreate(saved)
        service = AuthorizationService(this)
        state = stored()
        answer = TextView(this)
        val view = LinearLayout(this).apply { orientation = LinearLayout.VERTICAL }
        for ((label, act) in listOf("Sign in" to ::signIn, "Call the API" to ::callApi, "Sign out" to ::signOut)) {
            view.addView(Button(this).apply { text = label; setOnClickListener { act() } })
        }
        view.addView(answer)
        setContentView(view)
    }

    override fun onDestroy() {
        super.onDestroy()
        service.dispose()
    }

    // AppAuth makes state and PKCE's verifier, and checks state.
    private fun signIn() {
        val request = AuthorizationRequest.Builder(server, CLIENT_ID, ResponseTypeValues.CODE, Uri.parse(REDIRECT_URI))
            .setScope(SCOPE)
            .build()
        comeBack.launch(service.getAuthorizationRequestIntent(request))
    }

    private fun exchange(response: AuthorizationResponse) {
        service.performTokenRequest(response.createTokenExchangeRequest()) { tokens, error ->
            state.update(tokens, error)
            store()
            if (tokens == null) show(error) else callApi()
        }
    }

    // Renews the access token before it expires. The refresh token is a new one each time, so the state is stored again.
    private fun callApi() {
        state.performActionWithFreshTokens(service) { token, _, error ->
            store()
            if (token == null) show(error) else onNetwork {
                // Who is my user? The server names the user of a token. That ID never changes.
                val user = get("$ISSUER/oauth/verify", token).getHeaderField("X-OAuth-Subject")
                "Your user is $user. The API answered " + get(API, token).responseCode + "."
            }
        }
    }

    private fun signOut() {
        val token = state.refreshToken
        state = AuthState(server)
        store()
        if (token != null) onNetwork { "Signed out: " + revoke(token) }
    }

    private fun get(address: String, token: String): HttpURLConnection {
        val connection = URL(address).openConnection() as HttpURLConnection
        connection.setRequestProperty("Authorization", "Bearer $token")
        return connection
    }

    private fun revoke(token: String): Int {
        val connection = URL("$ISSUER/oauth/revoke").openConnection() as HttpURLConnection
        connection.doOutput = true
        val form = "token=" + URLEncoder.encode(token, "UTF-8") + "&amp;client_id=" + URLEncoder.encode(CLIENT_ID, "UTF-8")
        connection.outputStream.use { it.write(form.toByteArray()) }
        return connection.responseCode
    }

    private fun onNetwork(act: () -> String) {
        thread {
            val said = try { act() } catch (error: IOException) { "Not reached: " + error.message }
            runOnUiThread { answer.text = said }
        }
    }

    private fun show(error: AuthorizationException?) {
        answer.text = "Not signed in: " + (error?.errorDescription ?: error?.error)
    }

    // Private to the app. Encrypt it with a key of the Android Keystore if a stolen device worries you.
    private val preferences get() = getSharedPreferences("sign-in", Context.MODE_PRIVATE)

    private fun stored() = preferences.getString("state", null)?.let(AuthState::jsonDeserialize) ?: AuthState(server)

    private fun store() = preferences.edit().putString("state", state.jsonSerializeString()).apply()
}
</%def>

<%def name="then(q)">
<p>AppAuth connects by https only, so this server must have an https address. We test the requests that AppAuth sends, not the app on a phone.</p>
</%def>
